"""Whether the server of REDIS_URL can be used; run as a module before anything depends on it."""

import sys

import redis

from orkwork.core.settings import settings

_SCHEMES = ("redis://", "rediss://", "unix://")


def complaint(url: str) -> str | None:
    """Why the server cannot be used, in one sentence; None when it can."""
    if not url.startswith(_SCHEMES):
        return f"REDIS_URL cannot be used: it does not begin with {', '.join(_SCHEMES)}."
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5, retry=None) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return f"The server of REDIS_URL cannot be used: {str(error).rstrip('.')}."
    return None


def main() -> int:
    """Print the complaint, if there is one; the exit code."""
    reason = complaint(settings().redis_url or "")
    if reason:
        print(reason)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
