"""An S3 that checks Signature Version 4 as AWS documents it, from the bytes on the wire, with code of its own.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

KEY, SECRET, REGION = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "eu-central-1"


class FakeS3:
    """Objects by path as it travels (/bucket/key); answers as S3 does, errors in XML."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        path = request.environ["RAW_URI"]
        if not _signed(request, path):
            return _error(403, "SignatureDoesNotMatch")
        if not path.startswith("/bucket/"):
            return _error(404, "NoSuchBucket")
        if path.startswith("/bucket/?list-type=2") or path.startswith("/bucket/?continuation-token="):
            return self._listed(request.args)
        if path not in self.objects:
            return _error(404, "NoSuchKey")
        body, headers = self.objects[path]
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304, headers={"ETag": etag})
        return Response(body, headers={"Content-Type": "binary/octet-stream", "ETag": etag, **headers})

    def _listed(self, asked: Mapping[str, str], size: int = 2) -> Response:
        """ListObjectsV2, a few keys a page."""
        keys = sorted(unquote(path.removeprefix("/bucket/")) for path in self.objects)
        below = [key for key in keys if key.startswith(asked.get("prefix", ""))]
        start = int(asked.get("continuation-token", "0"))
        more = start + size < len(below)
        items = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in below[start : start + size])
        token = f"<NextContinuationToken>{start + size}</NextContinuationToken>" if more else ""
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        )
        return Response(body, content_type="application/xml")


def _error(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>…</Message></Error>'
    return Response(body, status, content_type="application/xml")


def _signed(request: Request, path: str) -> bool:
    told = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)",
        request.headers.get("Authorization", ""),
    )
    if told is None or told[1] != KEY or told[3] != REGION or "host" not in told[4].split(";"):
        return False
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in told[4].split(";"))
    payload = request.headers["x-amz-content-sha256"]
    canonical = "\n".join([request.method, path.partition("?")[0], path.partition("?")[2], headers, told[4], payload])
    stamp = request.headers["x-amz-date"]
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, f"{told[2]}/{REGION}/s3/aws4_request", digest])
    key = f"AWS4{SECRET}".encode()
    for part in (told[2], REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), told[5])
