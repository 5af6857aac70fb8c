"""GitHub as the one who vouches for people: OAuth 2.0 with PKCE (RFC 7636), through authlib."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from authlib.common.security import generate_token
from httpx2 import HTTPError

from orkwork.core.errors import Forbidden, Unavailable
from orkwork.core.settings import settings
from orkwork.domains.auth.schemas import GitHubProfile

SCOPE = "read:user user:email"
CALLBACK = "/api/v2/auth/callback/github"
TIMEOUT_SECONDS = 10


def configured() -> bool:
    """Whether GitHub credentials are set."""
    return bool(settings().github_client_id and settings().github_client_secret)


def _authlib() -> Any:
    """The library's clients, loaded when somebody signs in: their ciphers are a twentieth of every process's start."""
    return import_module("authlib.integrations.httpx_client")


@contextmanager
def _client() -> Iterator[Any]:
    if not configured():
        raise Forbidden(
            "auth.github_off",
            "GitHub sign-in is not set up",
            "Set ORKWORK_GITHUB_CLIENT_ID and ORKWORK_GITHUB_CLIENT_SECRET.",
        )
    client = _authlib().OAuth2Client(
        client_id=settings().github_client_id,
        client_secret=settings().github_client_secret,
        scope=SCOPE,
        redirect_uri=settings().address + CALLBACK,
        code_challenge_method="S256",
        timeout=TIMEOUT_SECONDS,
    )
    try:
        yield client
    finally:
        client.close()


def authorize_url() -> tuple[str, str, str]:
    """Where to send the browser, and the state and PKCE verifier to remember for its return."""
    verifier = generate_token(64)
    with _client() as client:
        url, state = client.create_authorization_url(
            f"{settings().github_url}/login/oauth/authorize", code_verifier=verifier
        )
    return url, state, verifier


def profile(code: str, verifier: str) -> GitHubProfile:
    """Trade the code for the person's profile; Forbidden when GitHub refuses, Unavailable when it is away."""
    try:
        with _client() as client:
            client.fetch_token(
                f"{settings().github_url}/login/oauth/access_token",
                code=code,
                code_verifier=verifier,
                headers={"Accept": "application/json"},
            )
            answer = client.get(f"{settings().github_api_url}/user", headers={"Accept": "application/vnd.github+json"})
            answer.raise_for_status()
            return GitHubProfile.model_validate(answer.json())
    except _authlib().OAuthError as error:
        raise Forbidden(
            "auth.github_refused", f"GitHub refused: {error.description or error.error}", "Sign in again."
        ) from error
    except (HTTPError, ValueError) as error:
        raise Unavailable("auth.github_away", "GitHub did not answer", "Try again in a moment.") from error
