"""A thousand questions about anything but the documents do not cost one call of a language model."""

import asyncio
from collections.abc import Callable

import httpx

from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import Function

COUNTRIES = """France Japan Brazil Kenya Norway Canada Peru Egypt Sweden Italy Spain China Chile Ghana Nepal Laos Cuba
Iran Iraq Oman Mali Togo Chad Fiji Samoa Haiti Qatar Malta Libya Sudan Yemen Syria Tonga Niger Gabon Benin Congo Angola
Belize Bhutan""".split()
QUESTIONS = """What is the capital of {}?
How do I get a visa for {}?
Who won the football cup in {}?
What is the population of {}?
How many islands belong to {}?
What do people eat for breakfast in {}?
Who is the president of {}?
When is the rainy season in {}?
How high is the highest mountain of {}?
What currency is used in {}?
How deep is the sea near {}?
Is tap water safe in {}?
What time is it in {} now?
Write a poem about {}.
Tell me a joke about {}.
What is the weather in {} tomorrow?
How much is a flight to {}?
Which animals live in {}?
What colour is the flag of {}?
Translate good morning into the language of {}.
Who painted the most famous picture of {}?
How do I cook the national dish of {}?
Which river flows through {}?
What is the stock market of {} doing?
Recommend a hotel in {}.""".splitlines()


async def test_a_thousand_questions_without_evidence_cost_no_model_call(
    start_function: Callable[..., Function], fed: dict[str, str]
) -> None:
    asked = [question.format(country) for question in QUESTIONS for country in COUNTRIES]
    assert len(set(asked)) == 1000
    model = Script()
    with serving(hosted(model)) as url:
        ask = start_function("ask", {**fed, "FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1"})
        room = asyncio.Semaphore(16)

        async def refused(http: httpx.AsyncClient, question: str) -> bool:
            async with room:
                return (await http.post(ask.url, json={"question": question})).json()["answered"] is False

        async with httpx.AsyncClient(timeout=60) as http:
            await asyncio.gather(*(refused(http, question) for question in asked))
            assert model.asked == []
            # The counter counts: a question that the documents answer does reach the model.
            assert not await refused(http, "Where does Vivek work?")
    assert len(model.asked) == 1
