"""Chroma's v2 HTTP API over httpx, as far as the readers need it (a running server documents it at /docs).

The `chromadb` client costs 0.5 s to import, more than a cold start may take in all; ingest, which has the
time, writes with it. Tests hold the two equal on one server.
"""

from typing import Any

import httpx
import msgspec

from functions.shared.lines import finished
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings

DATABASE = "/api/v2/tenants/default_tenant/databases/default_database"


class Chroma:
    """One server. Every method raises StoreUnreachable when it does not answer as it should."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.chroma_url,
            timeout=settings.chroma_timeout_s,
            transport=transport,
            trust_env=False,
            # Without TLS nothing is verified, and reading the certificate authorities would cost a cold start 20 ms.
            verify=settings.chroma_url.startswith("https:"),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def collection(self, name: str) -> Any:
        """A collection's id, name and metadata, or None when there is none of that name."""
        found = await self.call("GET", f"{DATABASE}/collections/{name}", missing_is_none=True)
        if found is not None and not (isinstance(found, dict) and isinstance(found.get("id"), str)):
            raise self._not_chroma()
        return found

    async def count(self, collection: str) -> int:
        """Rows of a collection, by its id; retired ones included."""
        found = await self.call("GET", f"{DATABASE}/collections/{collection}/count")
        if not isinstance(found, int):
            raise self._not_chroma()
        return found

    async def rows(self, collection: str, verb: str, wanted: dict[str, object]) -> Any:
        """What `get` or `query` finds in a collection, by its id: columns with the keys that were asked for."""
        found = await self.call("POST", f"{DATABASE}/collections/{collection}/{verb}", wanted)
        if not (isinstance(found, dict) and isinstance(found.get("ids"), list)):
            raise self._not_chroma()
        return found

    async def call(self, method: str, path: str, body: object = None, missing_is_none: bool = False) -> Any:
        """One request with a JSON body; the decoded JSON reply."""
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        try:
            response = await finished(self._http.request(method, path, content=content, headers=headers))
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise StoreUnreachable(f"Chroma at {self._http.base_url} does not answer.") from cause
        absent = response.status_code == 404 and missing_is_none
        try:
            if absent or not response.is_error:
                said = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as cause:
            raise self._not_chroma() from cause
        if absent:
            # Any server has a 404; only Chroma's own says that there is no such collection.
            if not (isinstance(said, dict) and said.get("error") == "NotFoundError"):
                raise self._not_chroma()
            return None
        if not response.is_error:
            return said
        raise StoreUnreachable(f"Chroma answered {response.status_code} to {method} {path}.")

    def _not_chroma(self) -> StoreUnreachable:
        return StoreUnreachable(f"What answers at {self._http.base_url} is not Chroma.")
