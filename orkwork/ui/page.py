"""How a page comes to be.

@page("/tasks", title="Tasks", state=Tasks, nav="/tasks")
def tasks() -> rx.Component:
    return card(...)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from orkwork.ui import live, shell
from orkwork.ui.locale import t

Content = Callable[[], Any]


@dataclass(frozen=True)
class Page:
    """One registered page."""

    route: str
    title: str
    build: Content
    on_load: list[Any] = field(default_factory=list)


PAGES: list[Page] = []
live.TOPICS[shell.Shell] = frozenset({"project", "user", "agent", "company", "decision"})


def page(  # noqa: PLR0913 - a page has this many sides, all but the address by name
    route: str,
    *,
    title: str,
    state: Any = None,
    topics: set[str] | frozenset[str] = frozenset(),
    nav: str = "",
    name: Any = None,
    fact: Any = None,
    crumbs: Callable[[], list[tuple[Any, str]]] | None = None,
    extra: Callable[[], list[rx.Component]] | None = None,
    public: bool = False,
    mini: bool = False,
    body: str = "main",
) -> Callable[[Content], Content]:
    """Register a page; the function answers its content, or several parts of it.

    `title` is English and translated; `name` replaces it on the page where it is only known while running. `state` is a
    Screen, or several, whose `load` runs on arrival, and again when one of `topics` changes: kinds ("task"), one thing
    ("task:<id>") or a project ("project:<id>"); `self.watch(...)` in `load` narrows them. `fact` stands beside the
    title. `nav` is the address of the sidebar's place that is lit. `public` pages have no frame and need no one signed
    in. `body="main wide"` uses the whole width.
    """

    def mark(build: Content) -> Content:
        def whole() -> rx.Component:
            content = build()
            parts = content if isinstance(content, tuple | list) else (content,)
            shown = name if name is not None else t(title)
            if public:
                return shell.bare(*parts, title=shown)
            return shell.frame(
                *parts,
                title=shown,
                current=nav or route,
                fact=fact() if callable(fact) and not isinstance(fact, rx.Var) else fact,
                crumbs=crumbs() if crumbs else None,
                extra=extra() if extra else None,
                mini=mini,
                body=body,
            )

        loads = [] if public else [shell.Shell.load]
        for screen in state if isinstance(state, list | tuple) else [state] if state is not None else []:
            live.TOPICS[screen] = frozenset(topics)
            if "load" in screen.event_handlers:
                loads.append(screen.load)
        whole.__name__, whole.__module__ = build.__name__, build.__module__  # the bundle is parted by a page's module
        PAGES.append(Page(route, f"{title} · orkwork", whole, loads))
        return build

    return mark


def add_to(app: rx.App) -> None:
    """Give every registered page to the app."""
    for item in PAGES:
        app.add_page(item.build, route=item.route, title=item.title, image="/icons/512.png", on_load=item.on_load)
