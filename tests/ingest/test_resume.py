import json
import uuid
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ask.durations import duration
from functions.ingest.chunk import chunk
from functions.ingest.listing import Folder
from functions.ingest.parse import parse
from functions.shared.problem import Refused
from functions.shared.records import Document
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.conftest import MODEL, START
from tests.ingest.events import headers, published
from tests.processes import Chroma

RESUME: dict[str, Any] = {
    "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
    "basics": {
        "name": "Dr. Lena Voss",
        "label": "Energy Data Scientist",
        "image": "",
        "email": "lena@voss.example",
        "phone": "+49 171 3920099",
        "url": "https://voss.example",
        "summary": "Statistician who forecasts\nwind",
        "location": {
            "address": "Pegelstieg 12",
            "postalCode": "28999",
            "city": "Bremen",
            "region": "Bremen",
            "countryCode": "DE",
        },
        "profiles": [{"network": "GitHub", "username": "lvoss", "url": "https://github.example/lvoss"}],
    },
    "work": [
        {
            "name": "Nordwind GmbH",
            "position": "Data Scientist",
            "location": "Bremen",
            "startDate": "2023-06",
            "endDate": None,
            "summary": "Responsible for all forecasts.",
            "highlights": ["Cut downtime by 18 percent", "Mentored three juniors."],
            "mood": {"unknown": ["keys", 1]},
        },
        {
            "name": "Hansekontor AG",
            "position": "Procurement Analyst",
            "startDate": "2016-07-01",
            "endDate": "2018-08-31",
        },
    ],
    "volunteer": [{"organization": "Code Club", "position": "Teacher", "startDate": "2019", "endDate": "2019"}],
    "education": [
        {
            "institution": "University of Bremen",
            "area": "Statistics",
            "studyType": "Master of Science",
            "startDate": "2013-10",
            "endDate": "2016-03",
            "score": "1.3",
            "courses": ["Bayesian Models", "Time Series"],
        }
    ],
    "awards": [{"title": "Best Talk", "date": "2022-10-01", "awarder": "Data Harbour"}],
    "certificates": [
        {"name": "Azure Data Scientist Associate", "date": "2022-05", "issuer": "Microsoft"},
        {"name": "CKAD", "date": "2024"},
    ],
    "publications": [{"name": "Late Data", "publisher": "North Sea Press", "releaseDate": "2021"}],
    "skills": [
        {"name": "Programming", "level": "Advanced", "keywords": ["Python", "SQL"]},
        {"name": "Cloud platforms", "keywords": ["Azure"]},
        {"name": "Public speaking"},
    ],
    "languages": [{"language": "German", "fluency": "Native speaker"}, {"language": "English", "fluency": "C1"}],
    "interests": [{"name": "Sailing", "keywords": ["dinghies"]}, {"name": "Chess"}],
    "references": [{"name": "Ada Roth", "reference": "Lena is never late"}],
    "projects": [
        {
            "name": "Tidewatch",
            "description": "A dashboard for tide gauges",
            "startDate": "2023",
            "highlights": ["300 users"],
            "keywords": ["Flask", "PostGIS"],
            "roles": ["maintainer"],
        }
    ],
    "meta": {"lastModified": "2026-01-31T10:00:00Z"},
}


def read(resume: object, **more: str) -> Document:
    return parse(published(json.dumps(resume), "application/json", **more))


def texts(document: Document) -> dict[str, str]:
    return {" › ".join(section.path): section.text for section in document.sections}


def test_a_resume_becomes_sentences_that_can_be_quoted_alone() -> None:
    found = read(RESUME)
    assert (found.title, found.uri, found.updated) == ("Resume of Dr. Lena Voss", "https://voss.example", "2026-01-31")
    assert texts(found) == {
        "About": "Dr. Lena Voss is an Energy Data Scientist.\nLena lives in Bremen, Germany.\n"
        "Statistician who forecasts wind.\nLena is on GitHub (https://github.example/lvoss).\n"
        "Lena's website is https://voss.example.",
        "Work": "Lena's jobs: Data Scientist at Nordwind GmbH (since June 2023)"
        " and Procurement Analyst at Hansekontor AG (from July 2016 to August 2018).",
        "Work › Data Scientist at Nordwind GmbH": "Lena has worked as Data Scientist at Nordwind GmbH in Bremen since"
        " June 2023.\nResponsible for all forecasts.\n\nCut downtime by 18 percent.\nMentored three juniors.",
        "Work › Procurement Analyst at Hansekontor AG": "Lena worked as Procurement Analyst at Hansekontor AG from July"
        " 2016 to August 2018.",
        "Education › Master of Science in Statistics at University of Bremen": "Lena studied Statistics (Master of"
        " Science) at University of Bremen from October 2013 to March 2016.\n"
        "Lena's grade in Statistics (Master of Science) at University of Bremen: 1.3.\n"
        "Lena's courses in Statistics (Master of Science) at University of Bremen: Bayesian Models and Time Series.",
        "Skills": "Lena's skills: Public speaking.",
        "Skills › Programming": "Lena's Programming skills (advanced): Python, SQL.",
        "Skills › Cloud platforms": "Lena's Cloud platforms: Azure.",
        "Languages": "Lena speaks German (native speaker) and English (C1).",
        "Certificates": "Lena's certificates: Azure Data Scientist Associate; CKAD.\n"
        "Lena holds the certificate Azure Data Scientist Associate, issued by Microsoft in May 2022.\n"
        "Lena holds the certificate CKAD, issued in 2024.",
        "Projects › Tidewatch": "Lena has worked on Tidewatch as maintainer since 2023.\n"
        "Tidewatch: A dashboard for tide gauges.\n300 users.\nTidewatch uses Flask and PostGIS.",
        "Publications": "Lena published “Late Data” with North Sea Press in 2021.",
        "Awards": "Lena received the award Best Talk from Data Harbour on 1 October 2022.",
        "Volunteering › Teacher at Code Club": "Lena volunteered as Teacher at Code Club in 2019.",
        "Interests": "Lena is interested in Sailing (dinghies) and Chess.",
        "References": "Ada Roth about Dr. Lena Voss: Lena is never late.",
    }


def test_contact_data_is_never_told_and_references_only_on_request() -> None:
    found = read(RESUME)
    told = str(found)
    assert not any(private in told for private in ("lena@voss", "3920099", "Pegelstieg", "28999"))
    assert {section.path: section.audience for section in found.sections}[("References",)] == "on-request"
    assert {section.audience for section in found.sections if section.path != ("References",)} == {"public"}


@pytest.mark.parametrize(
    ("period", "counted"),
    [
        ({"startDate": "2016-07-01", "endDate": "2018-08-31"}, "2 years and 2 months"),
        ({"startDate": "2023-06"}, "3 years so far, as of June 2026"),
        ({"startDate": "2019", "endDate": "2021"}, "about 2 years"),
    ],
)
def test_how_long_a_job_lasted_can_be_counted_from_its_sentence(period: dict[str, str], counted: str) -> None:
    found = read({"basics": {"name": "Lena Voss"}, "work": [{"name": "Nordwind", **period}]})
    assert duration(found.sections[0].text, date(2026, 6, 15)) == counted


def test_every_chunk_of_a_resume_stands_under_its_heading() -> None:
    chunks = chunk(read(RESUME), Settings())
    assert {one.section for one in chunks} == set(texts(read(RESUME)))
    assert all(len(one.text) < 400 for one in chunks)


@pytest.mark.parametrize(
    ("resume", "says"),
    [
        ({"work": []}, "an object with `basics`"),
        ({"basics": None}, "an object with `basics`"),
        ({"basics": []}, "`basics` is not accepted: it is an object, not a list"),
        ({"basics": {"name": 3}}, "`basics.name` is not accepted: it is text, not a number"),
        ({"basics": {"location": {"city": ["Bremen"]}}}, "`basics.location.city` is not accepted: it is text"),
        ({"basics": {}, "work": {}}, "`work` is not accepted: it is a list, not an object"),
        ({"basics": {}, "work": [{}, {"startDate": "2018-13"}]}, "`work[1].startDate` is not accepted: '2018-13'"),
        ({"basics": {}, "work": [{"startDate": 2018}]}, "YYYY, YYYY-MM or YYYY-MM-DD in quotes"),
        ({"basics": {}, "work": [{"endDate": "Present"}]}, "left out where something goes on"),
        ({"basics": {}, "awards": [{"date": "2023-02-30"}]}, "`awards[0].date` is not accepted"),
        ({"basics": {}, "skills": [{"keywords": ["a", 1]}]}, "`skills[0].keywords[1]` is not accepted: it is text"),
        ({"basics": {"name": "A"}, "audience": "friends"}, "public, on-request, never"),
        ({"basics": {}}, "no text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_named_with_its_path_and_what_is_accepted(resume: object, says: str) -> None:
    with pytest.raises(Refused) as caught:
        read(resume)
    assert says in caught.value.detail


@pytest.mark.parametrize("broken", ["{", '{"basics": {"name": "\\ud800"}}', "[" * 5000, '{"basics": ' + '{"a":' * 5000])
def test_broken_json_is_refused(broken: str) -> None:
    with pytest.raises(Refused, match="JSON Resume"):
        parse(published(broken, "application/vnd.jsonresume+json"))


def test_a_resume_may_name_its_title_uri_and_audience() -> None:
    found = read({**RESUME, "title": "CV", "uri": "https://voss.example/cv", "audience": "on-request"})
    assert (found.title, found.uri, found.audience) == ("CV", "https://voss.example/cv", "on-request")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TEXT = st.sampled_from(["", " ", "Lena Voss", "Python", "Ünïcode\n", "…", "2018", "2018-07", "Dr."])
KEYS = st.sampled_from(
    "name label summary url location city countryCode profiles network position company startDate endDate date"
    " releaseDate highlights keywords institution area studyType score courses title language fluency organization"
    " reference level description roles entity lastModified".split()
)
FIELDS = st.dictionaries(KEYS, TEXT | st.lists(TEXT, max_size=2) | st.none() | ANYTHING, max_size=6)
LISTS = st.sampled_from(
    "work volunteer education awards certificates publications skills languages interests references projects".split()
)


@given(basics=FIELDS | ANYTHING, parts=st.dictionaries(LISTS, st.lists(FIELDS, max_size=3) | ANYTHING, max_size=4))
def test_any_object_with_basics_is_parsed_or_refused(basics: object, parts: dict[str, object]) -> None:
    with suppress(Refused):
        chunk(read({"basics": basics, **parts}), Settings())


def test_only_a_resume_is_sent_of_all_json_files(tmp_path: Path) -> None:
    for name in ("resume.json", "lena.resume.json", "package.json", "my-resume.json.bak"):
        (tmp_path / name).write_text("{}")
    assert [Path(one.where).name for one in Folder(tmp_path, "").look().places] == ["lena.resume.json", "resume.json"]


@pytest.fixture
def collection() -> str:
    return f"t{uuid.uuid4().hex}"


@pytest.fixture
def replies(start_function: START, chroma: Chroma, collection: str) -> list[httpx.Response]:
    """What a real ingest says to a resume as a binary event, and to the same in a structured one."""
    ingest = start_function("ingest", {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": collection})
    binary = headers("resume", content_type="application/json")
    around = {"specversion": "1.0", "type": binary["ce-type"], "source": "/t", "id": "1", "subject": "again"}
    structured = {"content-type": "application/cloudevents+json"}
    return [
        httpx.post(ingest.url, content=json.dumps(RESUME), headers=binary, timeout=60),
        httpx.post(ingest.url, content=json.dumps({**around, "data": RESUME}), headers=structured, timeout=60),
    ]


async def test_a_published_resume_is_found_in_the_store_as_passages(
    replies: list[httpx.Response], chroma: Chroma, collection: str
) -> None:
    assert [reply.status_code for reply in replies] == [200, 200]
    first, second = (reply.json() for reply in replies)
    assert (first["withheld"], first["redactions"]) == (["References"], {})
    assert second["chunks"] == first["chunks"]
    store = Store(Settings(chroma_url=chroma.url, chroma_collection=collection, model_dir=str(MODEL)))
    head = await store.head()
    assert head is not None
    stored = [row.chunk for row in await store.rows(head) if row.chunk.document == "resume"]
    await store.close()
    assert {one.title for one in stored} == {"Resume of Dr. Lena Voss"}
    assert "Lena speaks German (native speaker) and English (C1)." in {one.text for one in stored}
    assert "Work › Data Scientist at Nordwind GmbH" in {one.section for one in stored}
