"""A German visitor reads German, whatever happens; over HTTP, as the page asks."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from functions.ask.german import misfit
from tests.conftest import START
from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import Function, free_port

DE = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def ask(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with Function("ask", tmp_path_factory.mktemp("german"), fed) as function:
        yield function


def told(reply: httpx.Response, status: int, language: str) -> str:
    """The detail of a problem in that language."""
    assert (reply.status_code, reply.headers["content-type"]) == (status, PROBLEM)
    assert reply.headers["content-language"] == language
    return str(reply.json()["detail"])


def post(ask: Function, body: Any, path: str = "/", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(
        ask.url + path, content=content, headers={"Content-Type": "application/json", **headers}, timeout=60
    )


@pytest.mark.parametrize(
    ("body", "path", "status", "words"),
    [
        ({"question": " "}, "/", 422, "Das Feld `question` ist leer."),
        ({"query": " "}, "/search", 422, "Das Feld `query` ist leer."),
        ({"question": "x" * 2001}, "/", 422, "erwartet wird `str` von höchstens 2000 Länge – in `$.question`"),
        ({}, "/", 422, "es fehlt das Feld `question`"),
        ({"question": 7}, "/", 422, "erwartet wird `str`, gekommen ist `int`"),
        ({"question": "x", "top_k": 11}, "/", 422, "erwartet wird `int` <= 10"),
        ({"id": "x", "verdict": "so"}, "/feedback", 422, "gehört nicht zu den erlaubten Werten"),
        (b"{", "/", 400, "Die Anfrage ist kein JSON"),
        (b'{"x":' * 20_000, "/", 400, "Die Anfrage ist zu tief verschachtelt."),
        (b"x" * 300_000, "/", 413, "Die Anfrage ist größer als 256000 Bytes."),
        ({}, "/nowhere", 404, "POST /nowhere: nicht vorhanden."),
        ({"messages": []}, "/chat", 422, "Keine Nachricht des Nutzers hat Text."),
    ],
)
def test_what_is_wrong_is_told_in_german_to_whom_it_asks_for_it_and_else_in_english(
    ask: Function, body: Any, path: str, status: int, words: str
) -> None:
    german = told(post(ask, body, path, **DE), status, "de")
    english = told(post(ask, body, path), status, "en")
    assert words in german
    assert german != english
    assert not set(english.split()) & {"ist", "nicht", "wird"}


def test_a_wrong_method_and_a_wrong_media_type_are_told_too(ask: Function) -> None:
    assert told(httpx.get(ask.url, headers=DE), 405, "de") == "GET /: so lässt sich das nicht aufrufen."
    wrong = httpx.post(ask.url, content=b"x", headers={**DE, "Content-Type": "text/plain"})
    assert told(wrong, 415, "de") == "Die Anfrage ist text/plain; senden Sie application/json."


def test_openais_clients_read_it_in_their_shape(ask: Function) -> None:
    reply = post(ask, {"messages": [{"role": "user", "content": "x"}], "n": 2}, "/v1/chat/completions", **DE)
    assert reply.json()["error"]["message"].startswith("`n` ist 2; auf eine Frage gibt es eine Antwort")


@pytest.mark.parametrize(
    ("question", "headers", "refusal"),
    [
        ("Welches Gehalt erwartet er?", {}, "Das konnte ich in meinen Unterlagen nicht finden."),
        ("Welches Gehalt erwartet er?", {"Accept-Language": "en"}, "Das konnte ich in meinen Unterlagen nicht finden."),
        ("What salary does he expect?", DE, "I could not find that in my documents."),
        ("Gehalt?", DE, "Das konnte ich in meinen Unterlagen nicht finden."),
        ("Gehalt?", {}, "I could not find that in my documents."),
    ],
)
def test_a_refusal_is_in_the_questions_language_and_in_the_headers_where_that_tells_nothing(
    ask: Function, question: str, headers: dict[str, str], refusal: str
) -> None:
    assert post(ask, {"question": question}, **headers).json()["answer"] == refusal


def test_a_quote_of_english_words_says_that_it_is_the_original(ask: Function) -> None:
    record = post(ask, {"question": "Wo arbeitet Vivek?"}).json()
    assert record["provider"] == "extractive"
    assert record["answer"].startswith("In meinen Unterlagen steht, im Original: ")
    assert "VitaScale" in record["answer"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Wo arbeitet Vivek?", "Ich beantworte 1 Frage eines Besuchers in der Stunde"),
        ("Where does Vivek work?", "I take 1 question an hour from one visitor"),
    ],
)
def test_a_limit_is_told_in_the_questions_language(
    start_function: START, fed: dict[str, str], question: str, words: str
) -> None:
    limited = start_function("ask", {**fed, "RATE_LIMIT_PER_HOUR": "1", "TRUSTED_PROXIES": "1"})
    visitor = {"X-Forwarded-For": "203.0.113.7", "Accept-Language": "fr"}
    assert post(limited, {"question": question}, **visitor).is_success
    reply = post(limited, {"question": question}, **visitor)
    assert words in told(reply, 429, "de" if "arbeitet" in question else "en")
    assert int(reply.headers["retry-after"]) > 0


def test_an_ask_without_documents_hands_out_the_card_in_german(start_function: START) -> None:
    alone = start_function("ask", {"CHROMA_URL": f"http://127.0.0.1:{free_port()}"})
    record = post(alone, {"question": "Wo arbeitet Vivek?"}).json()
    assert record["provider"] == "contact"
    assert record["answer"].startswith("Ich kann meine Unterlagen gerade nicht erreichen.\n\nSo erreichen Sie Vivek")
    assert "Sie erreichen Vivek über seine Website" in record["answer"]
    assert "https://github.com/vivupadi" in record["answer"]


@pytest.mark.parametrize(
    ("question", "named"),
    [("Wo arbeitet Vivek?", "in German"), ("Where does Vivek work?", "in English"), ("VitaScale?", "in the language")],
)
def test_a_model_is_told_which_language_to_write(
    start_function: START, fed: dict[str, str], question: str, named: str
) -> None:
    script = Script()
    with serving(hosted(script)) as url:
        settings = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1"}
        post(start_function("ask", fed | settings), {"question": question})
    assert named in script.asked[0]["messages"][-1]["content"]


def test_what_msgspec_says_newly_stays_as_it_is() -> None:
    assert misfit("Something new - at `$.question`") == "Something new – in `$.question`"
