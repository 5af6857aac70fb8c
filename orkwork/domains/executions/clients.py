"""The storage of files: a folder of the home, or an S3-compatible bucket, behind one interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from orkwork.core.errors import NotFound, Unavailable
from orkwork.core.settings import Settings, settings

CHUNK_BYTES = 1024 * 1024
_PATIENCE: dict[str, Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}
_RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}


@cache
def _folder(path: Path) -> ObjectStore:
    return LocalStore(path, mkdir=True)


@cache
def _bucket(url: str, endpoint: str | None, region: str, key_id: str | None, secret: str | None) -> ObjectStore:
    config = {"region": region, "endpoint": endpoint, "access_key_id": key_id, "secret_access_key": secret}
    given: Any = {name: value for name, value in config.items() if value is not None}
    options: Any = _PATIENCE | {"allow_http": bool(endpoint and endpoint.startswith("http://"))}
    return S3Store.from_url(url, config=given, client_options=options, retry_config=_RETRIES)


def _store(own: Settings) -> ObjectStore:
    if own.storage_url is None:
        return _folder(own.home / "files")
    return _bucket(own.storage_url, own.s3_endpoint, own.s3_region, own.s3_access_key_id, own.s3_secret_access_key)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as gone:
        raise NotFound(
            "artifact.gone", "The file is not in the storage any more", "Have the run leave it again."
        ) from gone
    except (BaseError, OSError) as away:
        raise Unavailable("storage.away", "The storage of files can't be reached", "Try again in a moment.") from away


def put(key: str, content: bytes) -> None:
    """Keep a file; 503 when the storage is away."""
    with _translated():
        obstore.put(_store(settings()), key, content)


def get(key: str) -> Iterator[bytes]:
    """A file in parts; NotFound when it is gone."""
    with _translated():
        found = obstore.get(_store(settings()), key)
    return (bytes(part) for part in found.stream(min_chunk_size=CHUNK_BYTES))


def delete(key: str) -> None:
    """Forget a file; one that is not there is forgotten already."""
    try:
        with _translated():
            obstore.delete(_store(settings()), key)
    except NotFound:
        return
