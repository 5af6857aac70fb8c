"""What tests of identity use."""

from collections.abc import Iterator

import pytest

from orkwork.core import live
from orkwork.core.settings import settings
from orkwork.web import limits
from tests.domains.auth import fake_github
from tests.domains.auth.fake_github import FakeGitHub


@pytest.fixture(autouse=True)
def _fresh_limits(environment: str) -> None:
    """No test counts against another's limit of sign-ins."""
    live.client().flushdb()
    limits._limiters.cache_clear()


@pytest.fixture
def github(environment: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A GitHub that knows this installation."""
    with fake_github.running() as fake:
        for name, value in fake.settings.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        yield fake
    monkeypatch.undo()
    settings.cache_clear()
