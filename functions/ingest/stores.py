"""Where a document lies → how it is asked for. Each store gets its own credentials, and no other host gets any.

s3://bucket/key                     S3_ENDPOINT, path style, signed (Signature Version 4)
an address below BLOB_ENDPOINT      with a shared access signature or a bearer token
a file on GitHub                    its API, at the commit that the event names
any other address                   as it is
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from functions.ingest.events import Located
from functions.shared.problem import Refused
from functions.shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and how the answer is read. `page`: one that may redirect."""

    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: httpx.Auth | None = None
    page: bool = False
    by_name: bool = False  # the content type is told by the name: GitHub answers every file alike
    gone: Callable[[httpx.Response, bytes], bool] = lambda response, body: False
    meta: str = ""  # prefix of headers that say what the owner says of the document


def question(located: Located, settings: Settings) -> Question:
    """How to ask for the document. Raises Refused."""
    url = httpx.URL(located.location)
    if url.scheme == "s3":
        return _s3(url, settings)
    if located.contents:
        return _github(located, settings)
    if _within(url, settings.blob_endpoint):
        return _blob(url, settings)
    return Question(url, page=True)


def _s3(url: httpx.URL, settings: Settings) -> Question:
    if bool(settings.s3_access_key_id) != bool(settings.s3_secret_access_key):
        raise Refused("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together: one of them is missing.")
    path = f"/{url.host}{url.raw_path.decode('ascii')}"
    return Question(
        httpx.URL(settings.s3_endpoint.rstrip("/") + path),
        auth=_signer(settings),
        gone=_no_such_key,
        meta="x-amz-meta-",
    )


def _signer(settings: Settings) -> httpx.Auth | None:
    if not settings.s3_access_key_id:
        return None
    from httpx_auth import AWS4Auth  # asked for objects only: 60 ms

    return AWS4Auth(settings.s3_access_key_id, settings.s3_secret_access_key, settings.s3_region, "s3")


def _no_such_key(response: httpx.Response, body: bytes) -> bool:
    """404 also says that there is no such bucket: that tells nothing of the object."""
    return response.status_code == 404 and b"<Code>NoSuchKey</Code>" in body


def _blob(url: httpx.URL, settings: Settings) -> Question:
    headers = {"x-ms-version": "2021-12-02"}
    if settings.blob_bearer_token:
        headers["Authorization"] = f"Bearer {settings.blob_bearer_token}"
    elif settings.blob_sas_token:
        url = url.copy_merge_params(httpx.QueryParams(settings.blob_sas_token.lstrip("?")))
    return Question(url, headers, gone=_blob_not_found, meta="x-ms-meta-")


def _blob_not_found(response: httpx.Response, body: bytes) -> bool:
    return response.status_code == 404 and response.headers.get("x-ms-error-code") == "BlobNotFound"


def _github(located: Located, settings: Settings) -> Question:
    headers = {"Accept": "application/vnd.github.raw+json", "X-GitHub-Api-Version": "2022-11-28"}
    if settings.github_token:
        headers["Authorization"] = f"Bearer {settings.github_token}"
    return Question(httpx.URL(settings.github_api_url.rstrip("/") + located.contents), headers, by_name=True)


def _within(url: httpx.URL, endpoint: str) -> bool:
    above = httpx.URL(endpoint) if endpoint else None
    if above is None or (url.scheme, url.host, url.port) != (above.scheme, above.host, above.port):
        return False
    return url.path.startswith(above.path.rstrip("/") + "/")
