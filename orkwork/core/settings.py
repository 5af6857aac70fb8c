"""Settings of the process, read once from the environment. The company's own settings live in the database."""

import os
import re
import secrets
from functools import cache
from pathlib import Path

from pydantic import Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything the environment decides; names are `ORKWORK_<FIELD>` unless a field says otherwise."""

    model_config = SettingsConfigDict(env_prefix="ORKWORK_", extra="ignore", env_ignore_empty=True)

    home: Path = Path("~/.orkwork")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    redis_url: str | None = Field(None, validation_alias="REDIS_URL")
    public_url: str | None = None
    """The address people type, without a trailing slash; decides cookie flags and the allowed origin."""
    owner_link: bool = True
    """Whether a start without an owner prints a one-time link that makes one."""
    github_client_id: str | None = None
    github_client_secret: str | None = None
    github_url: str = "https://github.com"
    github_api_url: str = "https://api.github.com"
    secret: str | None = None
    """Signs the short-lived cookies of a login under way; generated into the home when absent."""
    log_json: bool = False
    log_level: str = "INFO"
    checked: Path | None = None
    """A file that the supervisor makes when it has found database and pages fit; the web server waits for it."""
    web_workers: int = Field(1, ge=1, le=64)
    worker_processes: int = Field(1, ge=1, le=64)
    db_pool_size: int = Field(8, ge=1, le=200)
    rate_limit_per_minute: int = Field(60_000, ge=0)
    """Requests a minute one caller may make; 0 turns the limit off."""
    artifact_bytes: int = Field(25 * 1024 * 1024, ge=1, le=32 * 1024 * 1024)
    """The largest file that a run may leave."""
    log_bytes: int = Field(16 * 1024 * 1024, ge=1)
    """How much log one run may write."""
    storage_url: str | None = None
    """Where files of runs lie: `s3://bucket/prefix`; the folder `files` of the home when absent."""
    s3_endpoint: str | None = None
    """The address of an S3-compatible storage that is not Amazon's."""
    s3_region: str = "us-east-1"
    s3_access_key_id: str | None = None
    s3_secret_access_key: str | None = None
    openai_api_key: str | None = Field(None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(None, validation_alias="OPENAI_BASE_URL")
    """The address of a server that speaks like OpenAI's; with neither this nor a key no model is asked anything."""
    openai_model: str = "gpt-4o-mini"
    """The model that puts the morning's brief into its own words."""
    trust_proxy: bool = False
    """Whether X-Forwarded-For of the last hop names the caller."""

    @field_validator("home")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("storage_url")
    @classmethod
    def _s3(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?", value):
            raise ValueError("must be s3://bucket or s3://bucket/prefix")
        return value

    @field_validator("openai_base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return str(HttpUrl(value)) if value else None

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str | None) -> str | None:
        return str(HttpUrl(value)).rstrip("/") if value else None

    @property
    def address(self) -> str:
        """The address the browser uses."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def https(self) -> bool:
        """Whether cookies may carry `Secure` and the `__Host-` prefix."""
        return self.address.startswith("https://")

    def signing_secret(self) -> str:
        """The secret of this installation, made on first use and readable by its user alone."""
        if self.secret:
            return self.secret
        path = self.home / "secret"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(32))
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()


@cache
def settings() -> Settings:
    """The settings of this process; `settings.cache_clear()` rereads the environment."""
    return Settings()  # pyright: ignore[reportCallIssue]  # aliases come from the environment
