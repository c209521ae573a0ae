import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_end_at_full_stops_questions_and_exclamations() -> None:
    assert split("He builds models. Do they work? They do! Good.") == [
        "He builds models.",
        "Do they work?",
        "They do!",
        "Good.",
    ]


def test_a_question_that_opens_a_line_stays_with_its_answer() -> None:
    assert split("Do you freelance? No. But I review.\nWhy?") == ["Do you freelance? No.", "But I review.", "Why?"]


@pytest.mark.parametrize(
    "text",
    [
        "He holds a B.E. Mechanical Engineering from the University of Mumbai.",
        "His M.Sc. Mechatronics took four years.",
        "It uses tools, e.g. Docker and Kubernetes.",
        "Er nutzt Werkzeuge, z.B. Docker und Kubernetes.",
        "Er nutzt Werkzeuge wie z. B. Docker.",
        "The thesis was supervised by Dr. Müller at Siegen.",
        "Prof. Dr. Anna Schmidt agreed.",
        "It runs Mistral 7B Instruct v0.2 on K3s.",
        "The model reached 88 % accuracy.",
        "He works at VitaScale GmbH. Mainz is where it sits",
        "He was with Furnace Fabrica India Ltd. Navi Mumbai for two years.",
        "Am 3. Mai begann das 2. Semester.",
        "J. R. Smith wrote it.",
        "Dipl.-Ing. Maria Weber leads it.",
        "The office is at Musterstr. 12 in Mainz.",
        "See Nr. 5 and Fig. 2 of the report from Dec. 2021.",
        "The value is 3.14 or so.",
        "The tool is built on Node.js and .NET, approx. 20 of them.",
        "Compared with others (incl. Random Forest) it won.",
        "It was fast (approx. 2 ms vs. Flask).",
    ],
)
def test_an_abbreviation_or_a_number_does_not_split(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("He worked at VitaScale GmbH. He built an ETL pipeline.", "He worked at VitaScale GmbH."),
        ("He earned his M.Sc. in 2022. It covered robotics.", "He earned his M.Sc. in 2022."),
        ("He holds a B.E. He then moved to Germany.", "He holds a B.E."),
        ("He has lived there since 2018. Siegen came first.", "He has lived there since 2018."),
        ("Accuracy was 88 %. MLflow tracked it.", "Accuracy was 88 %."),
        ("It runs v0.2. Ollama is the fallback.", "It runs v0.2."),
        ('He said "it works." Then he left.', 'He said "it works."'),
        ("He passed (DP-100). AI-102 is next.", "He passed (DP-100)."),
        ("Er wohnt in Mainz. Dort arbeitet er.", "Er wohnt in Mainz."),
        ("Wait… Now go.", "Wait…"),
        ("It is state of the art. Python did it.", "It is state of the art."),
    ],
)
def test_a_real_end_splits(text: str, first: str) -> None:
    found = split(text)
    assert len(found) == 2
    assert found[0] == first


def test_every_line_is_a_sentence_of_its_own() -> None:
    assert split("Skills:\n- Python\n- SQL, e.g. MySQL\n\n1. Docker\n2. Kubernetes") == [
        "Skills:",
        "- Python",
        "- SQL, e.g. MySQL",
        "1. Docker",
        "2. Kubernetes",
    ]


def test_a_lower_case_continuation_keeps_the_sentence_together() -> None:
    assert split("He asked why? and left. scikit-learn is used.") == ["He asked why? and left. scikit-learn is used."]


def test_ideographic_full_stops_need_no_space() -> None:
    assert split("私は学生です。彼は先生です。") == ["私は学生です。", "彼は先生です。"]


def test_nothing_but_white_space_has_no_sentences() -> None:
    assert sentences("") == []
    assert sentences(" \n\t\r\n ") == []


@given(st.text(alphabet=st.sampled_from('aB3 .!?…\n\r\t\u2028\u00a0\x1c(")-é。'), max_size=80))
def test_the_spans_are_ordered_disjoint_trimmed_and_cover_all_text(text: str) -> None:
    spans = sentences(text)
    end = 0
    for start, stop in spans:
        assert end <= start < stop
        assert text[end:start].strip() == ""
        assert text[start:stop] == text[start:stop].strip()
        end = stop
    assert text[end:].strip() == ""
