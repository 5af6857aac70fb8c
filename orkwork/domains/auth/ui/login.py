"""Signing in: with GitHub where it is set up, else by the one-time owner link."""

from typing import Any
from urllib.parse import quote

import reflex as rx

from orkwork.core.errors import Unauthenticated
from orkwork.domains.auth import clients, queries, rules
from orkwork.ui.components.button import button, command
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import notice
from orkwork.ui.locale import say, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler
from orkwork.ui.shell import switches

GITHUB = "/api/v2/auth/login/github"
SHOWN = 300


class Login(Screen, rx.State):
    """What the sign-in page knows."""

    github: bool = False
    github_href: str = GITHUB
    known: bool = False
    failed: bool = False
    detail: str = ""

    @handler
    async def load(self):
        """Go on at once when somebody is signed in, unless a sign-in has just failed."""
        self.github, self.failed = clients.configured(), bool(self.arg("error"))
        self.detail = self.arg("detail")[:SHOWN] if self.failed else ""
        self.known = True
        following = rules.own_path(self.arg("next"))
        self.github_href = f"{GITHUB}?next={quote(following)}"
        try:
            await self.ask(queries.me)
        except Unauthenticated:
            return None
        return go(following) if not self.failed else None


def box(*content: Any) -> rx.Component:
    """The one panel of a page without a frame, with its name above and the switches below."""
    return rx.el.div(
        rx.el.div(
            rx.el.img(src="/favicon.svg", alt="", class_name="logo", width="20", height="20"),
            rx.el.span("orkwork", class_name="b6"),
            class_name="row",
        ),
        rx.el.section(rx.el.div(*content, class_name="stack", style={"padding": "24px"}), class_name="card"),
        switches(),
        class_name="stack",
        style={"width": "100%", "maxWidth": "400px"},
    )


def refusal(failed: rx.Var, detail: rx.Var) -> rx.Component:
    """Why the last try did not work; the reason is somebody's text and stays text."""
    text = rx.el.span(rx.el.strong(t("You are not signed in."), class_name="b5"), " ", say(detail))
    return rx.cond(failed, notice(text, "warn"))


def github_button(href: Any) -> rx.Component:
    """The way over GitHub; its address is the API's, which the pages' own router does not know."""
    return button(t("Continue with GitHub"), kind="solid", icon_name="github", href=href, reload_document=True)


def _by_github() -> rx.Component:
    return rx.el.div(
        github_button(Login.github_href),
        rx.el.p(
            t("The first person to sign in becomes the owner. Everyone after that needs an invite."), class_name="meta"
        ),
        class_name="stack",
    )


def _by_link() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            t("Open the one-time owner link that the first start printed, or make a fresh one where orkwork runs:")
        ),
        command("orkwork owner-link"),
        rx.el.p(t("If somebody has invited you, open the link of the invite."), class_name="meta"),
        class_name="stack",
    )


@page("/login", title="Sign in", state=Login, public=True)
def login() -> rx.Component:
    """The way in."""
    return box(
        rx.el.h1(t("Sign in")),
        refusal(Login.failed, Login.detail),
        rx.cond(
            Login.known,
            rx.cond(
                Login.github,
                rx.el.div(
                    _by_github(),
                    rx.el.details(
                        rx.el.summary(t("Without GitHub"), class_name="link"),
                        rx.el.div(_by_link(), style={"paddingTop": "12px"}),
                    ),
                    class_name="stack",
                ),
                _by_link(),
            ),
            rx.el.div(icon("loader"), class_name="row m2", aria_hidden="true", style={"minHeight": "176px"}),
        ),
    )


def invited(token: str) -> str:
    """GitHub's way in for the holder of an invite."""
    return f"{GITHUB}?invite={quote(token, safe='')}"
