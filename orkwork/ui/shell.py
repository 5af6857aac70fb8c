"""The frame around every page: sidebar, top bar, phone bar, and the state they share."""

from typing import Any

import reflex as rx

from orkwork.core.actor import Role
from orkwork.core.work import Work
from orkwork.ui import nav
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import icon_button
from orkwork.ui.components.dialog import dialog
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import DocumentTitle, Hands, LanguageSwitch, LiveDot, SidebarButton, ThemeSwitch, Toasts
from orkwork.ui.locale import LOCALES, say, t
from orkwork.ui.screen import Screen, handler

Node = Any
_SIGN_OUT = "fetch('/api/v2/auth/logout',{method:'POST'}).finally(()=>{location.href='/login'})"
_ROLES = {Role.OWNER: "Owner", Role.ADMIN: "Admin", Role.MEMBER: "Member", Role.VIEWER: "Viewer"}


def _frame(work: Work) -> dict[str, Any]:
    """What the frame shows to this person."""
    role = work.actor.role
    return {
        "user": work.actor.name,
        "role": role.value if role else "",
        "shortcuts": [line for read in nav.SHORTCUTS for line in read(work)],
        "counts": {href: read(work) for href, read in nav.COUNTS.items()},
        "banners": {name: found for name, (read, _) in nav.BANNERS.items() if (found := read(work))},
    }


def _find(work: Work, text: str) -> list[nav.Found]:
    return [found for search in nav.SEARCHES for found in search(work, text)]


class Shell(Screen, rx.State):
    """Who is here, and what the sidebar counts."""

    user: str = ""
    role: str = ""
    shortcuts: list[nav.Shortcut] = []
    counts: dict[str, int] = {}
    banners: dict[str, dict[str, str]] = {}
    found: list[nav.Found] = []

    @handler
    async def load(self):
        """Read what the frame shows."""
        frame = await self.ask(_frame)
        self.user, self.role = frame["user"], frame["role"]
        self.shortcuts, self.counts, self.banners = frame["shortcuts"], frame["counts"], frame["banners"]

    @handler
    async def search(self, text: str):
        """Find things for the palette."""
        self.found = await self.ask(_find, str(text)[:200])

    @rx.var
    def on_hold(self) -> bool:
        """Whether the whole company is on hold, which a line above every page says."""
        return "hold" in self.banners

    @rx.var
    def can_write(self) -> bool:
        """Whether this person may change things; courtesy only, the operations check."""
        return self.role in ("owner", "admin", "member")

    @rx.var
    def can_manage(self) -> bool:
        """Whether this person may manage people and settings; courtesy only."""
        return self.role in ("owner", "admin")


def _link(item: nav.Place, current: str) -> rx.Component:
    count = rx.cond(
        Shell.counts[item.href] > 0, rx.el.span(Shell.counts[item.href], class_name="n hot" if item.hot else "n")
    )
    return rx.el.a(
        icon(item.icon),
        rx.el.span(t(item.title), class_name="tx"),
        count if item.href in nav.COUNTS else rx.fragment(),
        href=item.href,
        title=t(item.title),
        **_current(item.href == current),
    )


def _current(yes: bool) -> dict[str, Any]:
    return {"custom_attrs": {"aria-current": "page"}} if yes else {}


def _shortcut(line: Any) -> rx.Component:
    here = rx.State.router.url.path == line["href"]
    return rx.el.a(
        rx.el.span(line["key"], class_name="key"),
        rx.el.span(line["title"], class_name="tx trunc"),
        href=line["href"],
        title=line["title"],
        custom_attrs={"aria-current": rx.cond(here, "page", rx.Var("undefined"))},
    )


def _person() -> rx.Component:
    link = rx.el.a(
        avatar(Shell.user, person=True, size="md"),
        rx.el.span(
            rx.el.strong(Shell.user, class_name="trunc"), rx.el.span(_role(), class_name="meta"), class_name="tx grow"
        ),
        href="/settings",
        aria_label=Shell.user + ", " + _role().to(str),
        class_name="row grow",
    )
    leave = icon_button("log-out", t("Sign out"), on_click=rx.call_script(_SIGN_OUT), class_name="tx")
    return rx.el.div(link, leave, class_name="me")


def _role() -> Any:
    words = [(role.value, say(word)) for role, word in _ROLES.items()]
    return rx.match(Shell.role, *words, "")


def _navigation(current: str) -> list[rx.Component]:
    main = [_link(item, current) for item in nav.PLACES if not item.foot]
    foot = [_link(item, current) for item in nav.PLACES if item.foot]
    return [
        rx.el.nav(
            *main,
            rx.el.h2(t("Projects")) if nav.SHORTCUTS else rx.fragment(),
            rx.el.div(rx.foreach(Shell.shortcuts, _shortcut), class_name="projs"),
            class_name="nav",
            aria_label=t("Main"),
        ),
        rx.el.div(rx.el.nav(*foot, class_name="nav", aria_label=t("Company")), _person(), class_name="foot"),
    ]


def sidebar(current: str) -> rx.Component:
    """The left column of wide screens."""
    logo = rx.el.a(
        rx.el.img(src="/favicon.svg", alt="", class_name="logo", width="20", height="20"),
        rx.el.span("orkwork", class_name="tx"),
        href="/",
        class_name="ws",
        aria_label="orkwork",
    )
    return rx.el.aside(logo, *_navigation(current), class_name="side")


def top_bar(title: Node, fact: Node, crumbs: list[tuple[Node, str]], extra: list[rx.Component]) -> rx.Component:
    """Title and one fact left; the connection, search and the one action right."""
    path = [
        part
        for text, href in crumbs
        for part in (
            rx.el.a(text, href=href, class_name="no-m"),
            rx.el.span(icon("chevron-right", "s"), class_name="no-m"),
        )
    ]
    return rx.el.header(
        SidebarButton.create(),
        rx.el.div(
            *path,
            rx.el.h1(title),
            rx.el.span(fact, class_name="fact") if fact is not None else rx.fragment(),
            class_name="crumb grow",
        ),
        *extra,
        LiveDot.create(),
        rx.el.button(
            icon("search", "s"),
            rx.el.span(t("Search or run…"), class_name="word"),
            rx.el.kbd("⌘K"),
            type="button",
            class_name="search",
            custom_attrs={"data-open": "palette"},
            aria_label=t("Search or run a command"),
        ),
        rx.el.button(
            icon("circle-help"),
            type="button",
            class_name="btn ghost ic no-m",
            custom_attrs={"data-open": "keys"},
            aria_label=t("Keyboard shortcuts"),
        ),
        *[
            rx.cond(
                Shell.can_write,
                rx.el.a(icon("plus", "s"), t("New task"), rx.el.kbd("C"), href=item.href, class_name="btn no-m"),
            )
            for item in nav.ACTIONS
            if item.keys == "c"
        ],
        class_name="top",
    )


def phone_bar(current: str) -> rx.Component:
    """Four places and 'More'."""
    places = [item for item in nav.PLACES if item.phone][:4]
    links = [
        rx.el.a(
            icon(item.icon), _badge(item), t(item.short or item.title), href=item.href, **_current(item.href == current)
        )
        for item in places
    ]
    more = rx.el.button(icon("menu"), t("More"), type="button", custom_attrs={"data-open": "more"})
    return rx.el.nav(*links, more, class_name="tabbar", aria_label=t("Sections"))


def _badge(item: nav.Place) -> rx.Component:
    if not item.hot:
        return rx.fragment()
    return rx.cond(Shell.counts[item.href] > 0, rx.el.span(Shell.counts[item.href], class_name="n"))


def more_sheet(current: str) -> rx.Component:
    """Everything else, on a phone."""
    return dialog("more", t("More"), rx.el.div(*_navigation(current), class_name="col gap sheet"), switches(keep=True))


def switches(*, keep: bool = False) -> rx.Component:
    """Theme and language; `keep` where somebody is signed in, whose language it then is."""
    return rx.el.div(
        rx.el.div(ThemeSwitch.create(), class_name="row"),
        rx.el.div(LanguageSwitch.create(locales=LOCALES, keep=keep), class_name="row"),
        class_name="col gap",
    )


def _banners() -> list[rx.Component]:
    """What stands above every page while it holds."""
    return [
        rx.cond(Shell.banners[name], rx.el.div(build(Shell.banners[name]), class_name="banner"), rx.fragment())
        for name, (_, build) in nav.BANNERS.items()
    ]


def frame(
    *content: Node,
    title: Node,
    current: str = "",
    fact: Node = None,
    crumbs: list[tuple[Node, str]] | None = None,
    extra: list[rx.Component] | None = None,
    mini: bool = False,
    body: str = "main",
) -> rx.Component:
    """One page inside the frame."""
    return rx.fragment(
        rx.el.a(t("Skip to the content"), href="#content", class_name="skip"),
        DocumentTitle.create(text=title),
        rx.el.div(
            sidebar(current),
            rx.el.div(
                top_bar(title, fact, crumbs or [], extra or []),
                *_banners(),
                rx.el.main(*content, id="content", class_name=body, tab_index=-1),
                class_name="body",
            ),
            class_name="app mini" if mini else "app",
        ),
        phone_bar(current),
        more_sheet(current),
        Toasts.create(),
        Hands.create(places=nav.places(), actions=nav.actions(), found=Shell.found, on_search=Shell.search),
    )


def bare(*content: Node, title: Node) -> rx.Component:
    """A page without the frame: signing in."""
    return rx.fragment(
        DocumentTitle.create(text=title), rx.el.main(*content, id="content", class_name="bare"), Toasts.create()
    )
