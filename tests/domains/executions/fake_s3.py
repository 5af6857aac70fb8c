"""An S3 of one bucket in memory that checks every signature (AWS Signature Version 4) as a real one does."""

import hashlib
import hmac
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>(?P<day>\d+)/(?P<region>[^/]+)/s3/aws4_request), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class FakeS3:
    """The server; `objects` is what its bucket holds."""

    key_id, secret, region, bucket = "key", "secret", "eu-north-1", "runs"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        fake = self

        class Handler(_Handler):
            s3 = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def signs(self, method: str, target: str, headers: Any) -> bool:
        """Whether a request carries the signature that its parts give."""
        told = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if told is None or told["key"] != self.key_id or told["region"] != self.region:
            return False
        parts = urlsplit(target)
        query = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
            for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
        )
        names = told["headers"].split(";")
        signed = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
        canonical = [method, parts.path, query, signed, told["headers"], headers["x-amz-content-sha256"]]
        digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{told['scope']}\n{digest}"
        key = _hmac(f"AWS4{self.secret}".encode(), told["day"])
        for part in (self.region, "s3", "aws4_request"):
            key = _hmac(key, part)
        return hmac.compare_digest(_hmac(key, text).hex(), told["signature"])


class _Handler(BaseHTTPRequestHandler):
    """PUT, GET, DELETE of one object, and the deletion of several."""

    protocol_version = "HTTP/1.1"
    s3: FakeS3

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = unquote(urlsplit(self.path).path)
        bucket, _, key = path.removeprefix("/").partition("/")
        if not self.s3.signs(self.command, self.path, self.headers):
            return self._answer(403, _ERROR.format(code="SignatureDoesNotMatch").encode())
        if bucket != self.s3.bucket:
            return self._answer(404, _ERROR.format(code="NoSuchBucket").encode())
        return self._do(key, body)

    def _do(self, key: str, body: bytes) -> None:
        objects = self.s3.objects
        if self.command == "PUT":
            objects[key] = body
            return self._answer(200, b"")
        if self.command == "POST":
            gone = re.findall(r"<Key>([^<]+)</Key>", body.decode())
            for name in gone:
                objects.pop(name, None)
            deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in gone)
            return self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
        if self.command == "DELETE":
            objects.pop(key, None)
            return self._answer(204, b"")
        if key not in objects:
            return self._answer(404, _ERROR.format(code="NoSuchKey").encode())
        return self._answer(200, objects[key])

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 12:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


for _verb in ("GET", "PUT", "POST", "DELETE", "HEAD"):
    setattr(_Handler, f"do_{_verb}", _Handler._serve)
