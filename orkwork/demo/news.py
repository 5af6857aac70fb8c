"""What happens, in a line every few seconds."""

import time
from collections.abc import Callable

EVERY_SECONDS = 3.0
SILENCE_SECONDS = 2.0
"""How long the server may be away before it is said."""


class News:
    """Counts what happens and says the latest of it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Say lines through `say`."""
        self._say = say
        self._latest: str | None = None
        self._said_at = 0.0
        self._away_since: float | None = None
        self._away_said = False
        self.done = self.failed = self.added = 0
        self.actions = 0
        self.spent = 0.0
        """For this line alone; the ledger counts exactly."""

    def tell(self, text: str) -> None:
        """Something worth a line."""
        self._latest = text
        self.speak()

    def mention(self, text: str) -> None:
        """Something worth a line when nothing else happens."""
        self._latest = self._latest or text
        self.speak()

    def count(self, *, done: int = 0, failed: int = 0, added: int = 0, spent: float = 0.0) -> None:
        """Something worth counting."""
        self.done += done
        self.failed += failed
        self.added += added
        self.spent += spent

    def away(self) -> None:
        """A call got no answer."""
        now = time.monotonic()
        self._away_since = self._away_since or now
        if not self._away_said and now - self._away_since > SILENCE_SECONDS:
            self._away_said = True
            self._line("The server does not answer; everybody waits.")

    def here(self) -> None:
        """A call was answered."""
        self.actions += 1
        if self._away_said:
            self._line("The server is back.")
        self._away_since, self._away_said = None, False

    def speak(self) -> None:
        """Say the latest, when the line before is old enough."""
        if self._latest and time.monotonic() - self._said_at >= EVERY_SECONDS:
            failed = f", {self.failed} failed" if self.failed else ""
            self._line(f"{self._latest}  ({self.done} done{failed}, ${self.spent:.2f} spent)")
            self._latest, self._said_at = None, time.monotonic()

    def _line(self, text: str) -> None:
        self._say(f"{time.strftime('%H:%M:%S')}  {text}")
