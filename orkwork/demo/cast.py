"""Who plays, and where."""

import random
from dataclasses import dataclass, field

from orkwork.demo.api import Api
from orkwork.demo.news import News


@dataclass(frozen=True, slots=True)
class Player:
    """A made-up agent. `part` is lead, work or review."""

    name: str
    part: str
    model: str
    key: str


@dataclass(frozen=True, slots=True)
class Venture:
    """A made-up project."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What each player needs to play."""

    player: Player
    ventures: tuple[Venture, ...]
    api: Api
    news: News
    chance: random.Random = field(default_factory=random.Random)
