"""An optional second opinion on the order of the passages, from any server with the common rerank API.

    POST RERANK_URL {"model", "query", "documents": [text], "top_n"} → {"results": [{"index", "relevance_score"}]}

(Cohere, Jina, Voyage and vLLM speak it.) It changes the order only: whether there is evidence is decided without it,
and when it is slow, wrong or gone the order stays as it was.
"""

import logging
from typing import Any

import httpx

from functions.ask.rerank import Ranked
from functions.shared.lines import finished
from functions.shared.settings import Settings

log = logging.getLogger(__name__)

# What comes behind was never going to be among an answer's passages.
MOST = 20


class RemoteReranker:
    """The configured server."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._model = settings.rerank_url, settings.rerank_model
        key = settings.rerank_api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(timeout=settings.rerank_timeout_s, headers=headers)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def reorder(self, question: str, ranked: list[Ranked]) -> list[Ranked]:
        """`ranked` in the server's order; those it does not name follow in theirs."""
        asked = ranked[:MOST]
        body = {
            "model": self._model,
            "query": question,
            "documents": [one.candidate.row.chunk.indexed_text for one in asked],
            "top_n": len(asked),
        }
        try:
            response = await finished(self._http.post(self._url, json=body))
            order = _order(response.raise_for_status().json(), len(asked))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError) as problem:
            log.warning("the reranker did not help", extra={"cause": type(problem).__name__})
            return ranked
        return [ranked[index] for index in order] + [one for index, one in enumerate(ranked) if index not in order]


def _order(reply: Any, count: int) -> dict[int, float]:
    """Indices by falling relevance. Raises ValueError, TypeError or KeyError for any other shape."""
    scored = {int(result["index"]): float(result["relevance_score"]) for result in reply["results"]}
    if any(not 0 <= index < count for index in scored):
        raise ValueError("an index that was not asked about")
    return dict(sorted(scored.items(), key=lambda item: -item[1]))
