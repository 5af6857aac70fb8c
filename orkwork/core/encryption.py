"""What must not lie readable in the database: encrypted under a key that is derived from the installation's secret."""

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from orkwork.core.settings import settings


def encrypt(data: bytes, purpose: str) -> bytes:
    """The data, readable and changeable only with this installation's secret; each purpose has a key of its own."""
    return _fernet(settings().signing_secret(), purpose).encrypt(data)


def decrypt(data: bytes, purpose: str) -> bytes | None:
    """What was encrypted for the same purpose; None under another secret, or when it was changed since."""
    try:
        return _fernet(settings().signing_secret(), purpose).decrypt(data)
    except InvalidToken:
        return None


@cache
def _fernet(secret: str, purpose: str) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"orkwork:{purpose}".encode())
    return Fernet(urlsafe_b64encode(derive.derive(secret.encode())))
