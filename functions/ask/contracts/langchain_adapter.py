"""ask as a LangChain retriever and chat model, for chains that run elsewhere.

    retriever = PortfolioRetriever(url="https://example.org/api/")
    chain = ChatPromptTemplate.from_template("Where does {who} work?") | PortfolioChat(url="https://example.org/api/")

Both ask a running ask over HTTP and have its limits, its cache and its ladder: which model writes, and whether there is
evidence to write from, is decided there. Importing this starts nothing. LangChain cannot take back a text, so the chat
model gives its answer whole, also as a stream of one piece.

`LadderChat` is something else: the configured models themselves, without documents, evidence or checks.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.retrievers import BaseRetriever

from functions.ask.contracts.conversation import last_question
from functions.ask.providers import Message, Provider, ProviderFailed, Writing, open_providers
from functions.ask.question import Turn
from functions.shared.settings import Settings

ROLES: Mapping[str, Any] = {"human": "user", "ai": "assistant"}


class AskFailed(RuntimeError):
    """ask turned a request down; the sentence is its own."""


class PortfolioRetriever(BaseRetriever):
    """Passages, best first. Metadata: id, title, uri, section, score. Raises AskFailed and httpx's errors."""

    url: str
    top_k: int = 4
    timeout_s: float = 30.0

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return _documents(_post(f"{self.url.rstrip('/')}/search", self._body(query), self.timeout_s))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return _documents(await _apost(f"{self.url.rstrip('/')}/search", self._body(query), self.timeout_s))

    def _body(self, query: str) -> dict[str, Any]:
        return {"query": query, "top_k": self.top_k}


class _Whole(BaseChatModel):
    """A chat model that knows neither stop words nor callbacks."""

    @abstractmethod
    def written(self, messages: list[BaseMessage]) -> ChatResult:
        """The reply."""

    @abstractmethod
    async def awritten(self, messages: list[BaseMessage]) -> ChatResult:
        """The same, awaited."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self.written(messages)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await self.awritten(messages)


class PortfolioChat(_Whole):
    """Answers, cited by number; the record is in `response_metadata`, `sources` among it.

    The last human message is the question, human and AI messages before it are the history, others are left out.
    Raises AskFailed and httpx's errors.
    """

    url: str
    timeout_s: float = 90.0

    @property
    def _llm_type(self) -> str:
        return "portfolio"

    def written(self, messages: list[BaseMessage]) -> ChatResult:
        return _result(_post(f"{self.url.rstrip('/')}/", _question(messages), self.timeout_s))

    async def awritten(self, messages: list[BaseMessage]) -> ChatResult:
        return _result(await _apost(f"{self.url.rstrip('/')}/", _question(messages), self.timeout_s))


class LadderChat(_Whole):
    """The models of the settings, best first: the next one writes where one fails. For a judge, not for visitors.

    Human and AI messages have to alternate, a human one first and last. Raises ProviderFailed when no model writes in
    TOTAL_S seconds, and of the last one's cause.
    """

    settings: Any  # Settings
    max_tokens: int = 800

    @property
    def _llm_type(self) -> str:
        return "portfolio-ladder"

    def written(self, messages: list[BaseMessage]) -> ChatResult:
        return asyncio.run(self.awritten(messages))

    async def awritten(self, messages: list[BaseMessage]) -> ChatResult:
        settings: Settings = self.settings
        said = [Message(role=ROLES[one.type], content=str(one.text)) for one in messages if one.type in ROLES]
        failed = ProviderFailed("connect", "no model is configured")
        for provider in open_providers(settings):
            try:
                async with asyncio.timeout(settings.total_s):
                    return ChatResult(
                        generations=[ChatGeneration(message=await _written(provider, said, self.max_tokens))]
                    )
            except ProviderFailed as failure:
                failed = failure
            except TimeoutError:
                failed = ProviderFailed("timeout", "no whole answer in time")
            finally:
                await provider.close()
        raise failed


async def _written(provider: Provider, said: list[Message], max_tokens: int) -> AIMessage:
    writing = Writing()
    text = "".join([piece async for piece in provider.write(said, max_tokens, writing)])
    return AIMessage(text, response_metadata={"provider": provider.name, "model": writing.model or provider.model})


def _post(url: str, body: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    with httpx.Client(timeout=timeout_s) as http:
        return _checked(http.post(url, json=body))


async def _apost(url: str, body: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=timeout_s) as http:
        return _checked(await http.post(url, json=body))


def _checked(reply: httpx.Response) -> dict[str, Any]:
    if reply.headers.get("content-type") == "application/problem+json":
        raise AskFailed(reply.json()["detail"])
    return dict(reply.raise_for_status().json())


def _documents(found: dict[str, Any]) -> list[Document]:
    return [
        Document(
            page_content=source["snippet"],
            id=source["id"],
            metadata={name: source[name] for name in ("id", "title", "uri", "section", "score")},
        )
        for source in found["results"]
    ]


def _question(messages: list[BaseMessage]) -> dict[str, Any]:
    turns = [Turn(ROLES[message.type], str(message.text)) for message in messages if message.type in ROLES]
    asked: dict[str, Any] = msgspec.to_builtins(last_question(turns, stream=False))
    return asked


def _result(record: dict[str, Any]) -> ChatResult:
    tokens = record["usage"]["prompt_tokens"], record["usage"]["completion_tokens"]
    usage = UsageMetadata(input_tokens=tokens[0], output_tokens=tokens[1], total_tokens=sum(tokens))
    metadata = {name: value for name, value in record.items() if name not in ("answer", "usage")}
    message = AIMessage(record["answer"], id=record["id"], response_metadata=metadata, usage_metadata=usage)
    return ChatResult(generations=[ChatGeneration(message=message)])
