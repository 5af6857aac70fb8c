"""The head of every page: the language before the first paint (Reflex sees to the theme), icons, and what makes it
installable.

The language is what was just chosen, else what the sign-in said (the person's, then the company's), else what this browser
used last, else the browser's own."""

import json

import reflex as rx

from orkwork.ui import catalog

_BOOT = """(function(){var d=document.documentElement,s={};try{s=localStorage}catch(e){}
if(s["orkwork.sidebar"]==="mini")d.classList.add("mini");
var c=CATALOGS,k=/(?:^|; )orkwork_locale=(\\w+)/.exec(document.cookie),n={};try{n=sessionStorage}catch(e){}
var l=n["orkwork.chosen"]||(k&&k[1])||s["orkwork.locale"]||(navigator.language||"en").slice(0,2);if(l!=="en"&&!c[l])l="en";
d.lang=l;window.orkworkLocale=l;window.orkworkCatalogs=c;
if(c[l])document.write("<scr"+"ipt src='"+c[l]+"'></scr"+"ipt>")})()"""


def head() -> list[rx.Component]:
    """The components of the head."""
    return [
        rx.el.script(boot()),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/icons/apple-touch.png"),
        rx.el.link(rel="manifest", href="/orkwork.webmanifest"),
        rx.el.link(
            rel="preload",
            href="/fonts/inter-latin-wght-normal.woff2",
            custom_attrs={"as": "font", "type": "font/woff2", "crossOrigin": "anonymous"},
        ),
        rx.el.meta(name="theme-color", content="#f9f9fb", custom_attrs={"media": "(prefers-color-scheme: light)"}),
        rx.el.meta(name="theme-color", content="#111113", custom_attrs={"media": "(prefers-color-scheme: dark)"}),
        rx.el.meta(name="mobile-web-app-capable", content="yes"),
        rx.el.meta(name="apple-mobile-web-app-title", content="orkwork"),
        rx.el.meta(name="referrer", content="same-origin"),
    ]


def boot() -> str:
    """What runs before the first paint."""
    return _BOOT.replace("CATALOGS", json.dumps(catalog.sources()))
