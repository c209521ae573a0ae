"""subject.yaml → Subject, or a sentence that says what to mend."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.shared.settings import BadSetting
from functions.shared.subject import Link, Subject, read_subject
from tests.processes import ROOT

ADA: dict[str, Any] = {
    "name": "Ada Lovelace",
    "tagline": "Writes programs",
    "links": [
        {"label": "Website", "url": "https://ada.example/"},
        {"label": "Code", "url": "https://code.example/ada"},
    ],
    "starters": ["What did Ada write?"],
    "short_name": "Ada",
    "pronouns": "she/her",
    "languages": ["en", "fr"],
    "topics": ["programs"],
    "contact": "Ada is at her website.",
}


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "subject.yaml").write_text(text, "utf-8")
    return tmp_path


def ada(tmp_path: Path, **changes: object) -> Path:
    return folder(tmp_path, yaml.safe_dump({**ADA, **changes}))


def test_a_complete_file_becomes_a_subject(tmp_path: Path) -> None:
    assert read_subject(ada(tmp_path)) == Subject(
        name="Ada Lovelace",
        tagline="Writes programs",
        links=(Link("Website", "https://ada.example/"), Link("Code", "https://code.example/ada")),
        starters=("What did Ada write?",),
        short_name="Ada",
        pronouns="she/her",
        languages=("en", "fr"),
        topics=("programs",),
        contact="Ada is at her website.",
    )


def test_the_folder_may_be_a_string(tmp_path: Path) -> None:
    assert read_subject(str(ada(tmp_path))).short_name == "Ada"


def test_letters_beyond_ascii_survive(tmp_path: Path) -> None:
    text = yaml.safe_dump({**ADA, "name": "Jörg Müßig"}, allow_unicode=True)
    assert read_subject(folder(tmp_path, text)).name == "Jörg Müßig"


def test_the_contact_card_is_the_paragraph_and_a_line_for_each_link(tmp_path: Path) -> None:
    assert read_subject(ada(tmp_path)).contact_text() == (
        "Ada is at her website.\n\nWebsite: https://ada.example/\nCode: https://code.example/ada"
    )


def test_the_contact_card_without_links_is_the_paragraph(tmp_path: Path) -> None:
    assert read_subject(ada(tmp_path, links=[])).contact_text() == "Ada is at her website."


def test_the_page_gets_the_published_part_and_nothing_else(tmp_path: Path) -> None:
    assert read_subject(ada(tmp_path)).published() == {
        "name": "Ada Lovelace",
        "tagline": "Writes programs",
        "links": ADA["links"],
        "starters": ["What did Ada write?"],
        "imprint": "",
        "privacy": "",
    }


def test_imprint_and_privacy_may_be_given_and_are_addresses(tmp_path: Path) -> None:
    legal = {"imprint": "https://ada.example/imprint", "privacy": "https://ada.example/privacy"}
    assert read_subject(ada(tmp_path, **legal)).published().items() >= legal.items()
    with pytest.raises(BadSetting, match="`imprint` is not accepted"):
        read_subject(ada(tmp_path, imprint="javascript:alert(1)"))


def test_starters_may_be_given_in_more_languages(tmp_path: Path) -> None:
    french = {"fr": ["Qu'a écrit Ada ?"]}
    subject = read_subject(ada(tmp_path, starters_by_language=french))
    assert subject.published()["starters_by_language"] == french
    for wrong in ({"french": ["Qui ?"]}, {"fr": [""]}, {"fr": "Qui ?"}, ["Qui ?"]):
        with pytest.raises(BadSetting, match=r"starters_by_language.*` is not accepted"):
            read_subject(ada(tmp_path, starters_by_language=wrong))


@pytest.mark.parametrize("key", list(ADA))
def test_a_missing_key_is_named_with_the_file(tmp_path: Path, key: str) -> None:
    text = yaml.safe_dump({name: value for name, value in ADA.items() if name != key})
    with pytest.raises(BadSetting) as problem:
        read_subject(folder(tmp_path, text))
    assert f"{tmp_path / 'subject.yaml'} lacks `{key}`: the keys are name, tagline," in str(problem.value)


def test_an_unknown_key_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="does not know `nickname`: the keys are name, tagline, links"):
        read_subject(ada(tmp_path, nickname="A."))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"name": ""}, "`name` is not accepted: Expected `str` of length >= 1", id="empty name"),
        pytest.param({"name": 7}, "`name` is not accepted: Expected `str`, got `int`", id="name is a number"),
        pytest.param({"starters": "Who?"}, "`starters` is not accepted: Expected `array`", id="starters are one text"),
        pytest.param({"starters": ["Who?", ""]}, "`starters[1]` is not accepted", id="an empty starter"),
        pytest.param(
            {"languages": []}, "`languages` is not accepted: Expected `array` of length >= 1", id="no language"
        ),
        pytest.param({"languages": ["English"]}, "`languages[0]` is not accepted", id="language not a code"),
        pytest.param({"links": "https://ada.example/"}, "`links` is not accepted: Expected `array`", id="links a text"),
        pytest.param({"links": ["https://ada.example/"]}, "`links[0]` is not accepted: it takes", id="link a text"),
        pytest.param(
            {"links": [{"label": "x"}]}, "`links[0]` lacks `url`: the keys are label, url", id="link lacks url"
        ),
        pytest.param(
            {"links": [{"label": "x", "url": "https://x.example/", "icon": "y"}]},
            "`links[0]` does not know `icon`",
            id="link with an unknown key",
        ),
        pytest.param(
            {"links": [{"label": "x", "url": "javascript:alert(1)"}]},
            "`links[0].url` is not accepted: Expected `str` matching regex",
            id="link that is a script",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_accepted(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadSetting) as problem:
        read_subject(ada(tmp_path, **changes))
    assert message in str(problem.value)
    assert str(tmp_path / "subject.yaml") in str(problem.value)


def test_a_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"CORPUS_DIR takes a folder with a subject\.yaml"):
        read_subject(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["name: [", "name: a\x00b", ""], ids=["open bracket", "NUL byte", "empty"])
def test_a_file_that_is_no_yaml_mapping_is_one_clear_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting) as problem:
        read_subject(folder(tmp_path, text))
    assert str(tmp_path / "subject.yaml") in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_tag_that_would_run_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="is not YAML"):
        read_subject(folder(tmp_path, "name: !!python/object/apply:os.getcwd []\n"))


def test_importing_the_module_leaves_yaml_alone() -> None:
    code = "import sys, functions.shared.subject; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
