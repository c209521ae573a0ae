"""ask in a LangChain chain."""

import subprocess
import sys
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from functions.ask.contracts.langchain_adapter import AskFailed, PortfolioChat, PortfolioRetriever
from functions.shared.problem import Refused
from tests.ask.contracts.conftest import World
from tests.processes import ROOT, Function


def test_a_chain_of_two_lines_answers(ask: Function) -> None:
    chain = ChatPromptTemplate.from_template("Where does {who} work?") | PortfolioChat(url=ask.url) | StrOutputParser()
    assert "VitaScale" in chain.invoke({"who": "Vivek"})


async def test_an_answer_brings_its_record(ask: Function) -> None:
    reply = await PortfolioChat(url=f"{ask.url}/").ainvoke("Where does Vivek work?")
    assert "[1]" in reply.text
    assert reply.response_metadata["provider"] == "extractive"
    assert reply.response_metadata["sources"][0]["uri"].startswith("https://")
    assert reply.id == reply.response_metadata["id"]


def test_a_model_s_tokens_are_told_and_the_conversation_is_kept(world: World) -> None:
    messages: list[Any] = [SystemMessage("Talk like a pirate."), HumanMessage("Which languages does Vivek speak?")]
    messages += [AIMessage("English and German [1]."), HumanMessage("Where does he work?")]
    reply = PortfolioChat(url=world.ask.url).invoke(messages)
    assert reply.usage_metadata
    assert reply.usage_metadata["total_tokens"] == 330
    told = str(world.hosted.asked)
    assert "English and German" in told
    assert "pirate" not in told


def test_a_stream_never_shows_a_text_that_another_rung_replaced(world: World) -> None:
    world.hosted.cut_after = 5
    text = "".join(chunk.text for chunk in PortfolioChat(url=world.ask.url).stream("Where does Vivek work?"))
    assert text == "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."


async def test_passages_are_documents(ask: Function) -> None:
    retriever = PortfolioRetriever(url=ask.url, top_k=2)
    documents = retriever.invoke("breath alcohol accuracy")
    assert len(documents) == 2
    assert "88%" in documents[0].page_content
    assert set(documents[0].metadata) == {"id", "title", "uri", "section", "score"}
    assert await retriever.ainvoke("breath alcohol accuracy") == documents


def test_what_ask_turns_down_is_said_in_its_words(ask: Function) -> None:
    with pytest.raises(AskFailed, match="blank"):
        PortfolioRetriever(url=ask.url).invoke("  ")
    with pytest.raises(Refused, match="No message of the user"):
        PortfolioChat(url=ask.url).invoke([SystemMessage("x")])


def test_importing_it_opens_neither_a_model_nor_a_connection() -> None:
    script = "import sys; from functions.ask.contracts import langchain_adapter; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert "langchain_core" in imported  # the list is a list
    assert imported & {"onnxruntime", "tokenizers", "chromadb", "prometheus_client"} == set()
