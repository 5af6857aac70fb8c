"""What tests of the HTTP kit use."""

from collections.abc import Iterator

import pytest

from orkwork.core import live
from orkwork.web import limits
from tests.web.servers import two_servers


@pytest.fixture(autouse=True)
def _fresh_limits(environment: str) -> Iterator[None]:
    """No test counts against another's limits."""
    live.client().flushdb()
    limits._limiters.cache_clear()
    yield
    limits._limiters.cache_clear()


@pytest.fixture(scope="session")
def servers(environment: str) -> Iterator[list[str]]:
    """Two server processes over the database and the Redis of this worker."""
    yield from two_servers()
