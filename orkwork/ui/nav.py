"""What the frame shows of each domain: places, actions, the sidebar's list and what ⌘K finds. Domains register here."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

from orkwork.core.work import Work


@dataclass(frozen=True, slots=True)
class Place:
    """A page one can go to."""

    title: str
    href: str
    icon: str
    keys: str = ""
    """What to type, `g` and a letter."""
    order: int = 50
    foot: bool = False
    """Whether it stands at the foot of the sidebar, with the company's own things."""
    phone: bool = False
    """Whether it has a place in the phone's bar (four do)."""
    short: str = ""
    """The phone bar's word, where the title is too long."""
    hot: bool = False
    """Whether what it counts waits for the reader, so that the number stands out, on a phone too."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to start from anywhere; its address opens the form."""

    title: str
    href: str
    icon: str
    keys: str = ""


class Found(TypedDict, total=False):
    """One thing that a search found."""

    title: str
    href: str
    icon: str
    key: str
    status: str


class Shortcut(TypedDict):
    """One line of the sidebar's list of projects."""

    key: str
    title: str
    href: str


PLACES: list[Place] = []
ACTIONS: list[Action] = []
SEARCHES: list[Callable[[Work, str], list[Found]]] = []
SHORTCUTS: list[Callable[[Work], list[Shortcut]]] = []
COUNTS: dict[str, Callable[[Work], int]] = {}
BANNERS: dict[str, tuple[Callable[[Work], dict[str, str]], Callable[[Any], Any]]] = {}


def place(title: str, href: str, icon: str, **more: Any) -> None:
    """Put a page into the sidebar and the palette."""
    PLACES.append(Place(title, href, icon, **more))
    PLACES.sort(key=lambda item: item.order)


def action(title: str, href: str, icon: str, keys: str = "") -> None:
    """Put an action into the palette and give it keys."""
    ACTIONS.append(Action(title, href, icon, keys))


def search(find: Callable[[Work, str], list[Found]]) -> Callable[[Work, str], list[Found]]:
    """Let ⌘K find a domain's things: `find(work, text)` answers at most ten."""
    SEARCHES.append(find)
    return find


def shortcuts(read: Callable[[Work], list[Shortcut]]) -> Callable[[Work], list[Shortcut]]:
    """Fill the sidebar's list of projects."""
    SHORTCUTS.append(read)
    return read


def count(href: str) -> Callable[[Callable[[Work], int]], Callable[[Work], int]]:
    """Show a number beside a place: `@count("/agents")`."""

    def mark(read: Callable[[Work], int]) -> Callable[[Work], int]:
        COUNTS[href] = read
        return read

    return mark


def banner(name: str, build: Callable[[Any], Any]) -> Callable[[Callable[[Work], dict[str, str]]], Any]:
    """Show something above every page while `read(work)` answers anything; `build` makes it out of that answer."""

    def mark(read: Callable[[Work], dict[str, str]]) -> Callable[[Work], dict[str, str]]:
        BANNERS[name] = (read, build)
        return read

    return mark


def places() -> list[dict[str, Any]]:
    """The places as the browser's palette takes them."""
    return [asdict(item) for item in PLACES]


def actions() -> list[dict[str, Any]]:
    """The actions as the browser's palette takes them."""
    return [asdict(item) for item in ACTIONS]
