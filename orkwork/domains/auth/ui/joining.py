"""Taking an invite: a name, or GitHub."""

import json
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from orkwork.domains.auth import clients
from orkwork.domains.auth.ui.login import box, github_button, invited
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.panel import notice
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler


class Joining(Screen, rx.State):
    """What the invite's page knows; whether the invite is good is found out when it is taken."""

    token: str = ""
    way: str = ""
    """The address of the sign-in with GitHub, where it is set up."""

    @handler
    async def load(self):
        """Take the token from the address."""
        self.token = self.arg("token")[:200]
        self.way = invited(self.token) if clients.configured() else ""

    @handler
    async def join(self, data: dict[str, Any]):
        """Take the invite at the door that sets the cookie."""
        wanted = {"token": self.token} | (
            {"name": str(data["name"]).strip()} if str(data.get("name") or "").strip() else {}
        )
        return rx.call_script(f"location.assign({json.dumps(f'/api/v2/auth/invite?{urlencode(wanted)}')})")


def _form() -> rx.Component:
    return form.form(
        form.text(
            "name",
            t("Your name"),
            hint=t("As your colleagues and agents will see it."),
            auto_complete="name",
            max_length=120,
            required=True,
        ),
        form.actions(button(t("Join the company"), kind="solid", type="submit")),
        on_submit=Joining.join,
    )


@page("/invite", title="Join", state=Joining, public=True)
def joining() -> rx.Component:
    """The way in for the invited."""
    return box(
        rx.el.h1(t("You are invited")),
        rx.cond(
            Joining.token,
            rx.el.div(
                rx.cond(
                    Joining.way,
                    rx.el.div(
                        github_button(Joining.way),
                        rx.el.p(t("or without GitHub"), class_name="meta"),
                        class_name="stack",
                    ),
                ),
                _form(),
                class_name="stack",
            ),
            notice(t("This address holds no invite. Open the whole link that you were sent."), "warn"),
        ),
    )
