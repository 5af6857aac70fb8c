"""Rate limits, counted in Redis over all processes.

A process takes requests from the shared window a handful at a time, so that most requests cost no round trip and the
sum over all processes never passes the limit. Without Redis each process counts for itself, and asks for it again only
now and then.
"""

import threading
import time
from dataclasses import dataclass
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from orkwork.core.errors import LimitReached
from orkwork.core.settings import settings

LEASE = 50
"""Requests taken from the window at once."""
PATIENCE_SECONDS = 2.0
"""How long Redis is left alone after it failed, so that not every request waits for it."""


@dataclass(slots=True)
class Lease:
    """What a process holds of one caller's window."""

    reset_at: float
    left: int
    remaining: int
    """Of the whole window, as seen when the lease was taken."""


class Limiter:
    """One limit a minute for each caller."""

    def __init__(self, storage: Storage, per_minute: int) -> None:
        """Count in `storage`."""
        self._window = FixedWindowRateLimiter(storage)
        self._item: RateLimitItem = RateLimitItemPerMinute(per_minute, namespace="orkwork")
        self._leases: dict[str, Lease] = {}
        self._lock = threading.Lock()

    def take(self, caller: str) -> dict[str, str]:
        """Count one request; the answer's headers, or LimitReached."""
        now = time.time()
        with self._lock:
            lease = self._leases.get(caller)
            if lease is None or lease.left <= 0 or lease.reset_at <= now:
                lease = self._leases[caller] = self._lease(caller)
                self._forget(now)
            lease.left -= 1
        limit, reset = self._item.amount, max(1, round(lease.reset_at - now))
        if lease.left < 0:
            raise LimitReached(
                "request.rate",
                f"More than {limit} requests in a minute",
                f"Wait {reset} seconds.",
                extra={"retry_after_seconds": reset, "limit": limit},
            )
        remaining = lease.remaining + lease.left
        return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}

    def knows(self, caller: str) -> bool:
        """Whether this process counted the caller before."""
        return caller in self._leases

    def _lease(self, caller: str) -> Lease:
        for size in (min(LEASE, max(1, self._item.amount // 20)), 1):
            if self._window.hit(self._item, caller, cost=size):
                reset_at, remaining = self._window.get_window_stats(self._item, caller)
                return Lease(reset_at, size, remaining)
        reset_at, _ = self._window.get_window_stats(self._item, caller)
        return Lease(reset_at, 0, 0)

    def _forget(self, now: float) -> None:
        if len(self._leases) > 10_000:
            self._leases = {key: lease for key, lease in self._leases.items() if lease.reset_at > now}


class Limits:
    """The shared limiter, and the one of this process alone while Redis is away."""

    def __init__(self, per_minute: int) -> None:
        """Connect to Redis where there is one."""
        url = settings().redis_url
        self._alone = Limiter(MemoryStorage(), per_minute)
        self._shared: Limiter | None = None
        self._away_until = 0.0
        if url:
            storage = RedisStorage(url, socket_timeout=0.5, socket_connect_timeout=0.5, wrap_exceptions=False)
            self._shared = Limiter(storage, per_minute)

    def take(self, caller: str) -> dict[str, str]:
        """Count one request; the answer's headers, or LimitReached."""
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return self._shared.take(caller)
            except (RedisError, OSError):
                self._away_until = time.monotonic() + PATIENCE_SECONDS
        return self._alone.take(caller)

    def knows(self, caller: str) -> bool:
        """Whether this process counted the caller before."""
        return self._alone.knows(caller) or (self._shared is not None and self._shared.knows(caller))


@cache
def _limiters(per_minute: int) -> Limits:
    return Limits(per_minute)


def take(caller: str, per_minute: int | None = None) -> dict[str, str]:
    """Count one request of a caller against the limit; empty headers when there is none."""
    limit = settings().rate_limit_per_minute if per_minute is None else per_minute
    return _limiters(limit).take(caller) if limit else {}


def known(caller: str) -> bool:
    """Whether this process counted the caller before: a credential that was good then. True where nothing is counted."""
    limit = settings().rate_limit_per_minute
    return not limit or _limiters(limit).knows(caller)
