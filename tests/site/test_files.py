"""The files themselves: no way to markup, in step with the subject, small."""

import gzip
import html
import re
from pathlib import Path

from functions.shared.subject import read_subject
from tests.processes import ROOT
from tests.site.pages import SITE, SUBJECT


def files(*endings: str) -> list[Path]:
    return [path for path in sorted(SITE.iterdir()) if path.suffix in endings]


def test_no_code_can_turn_text_into_markup() -> None:
    forbidden = re.compile(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setHTML|srcdoc")
    assert [path.name for path in files(".js") if forbidden.search(path.read_text())] == []
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", (SITE / "index.html").read_text())


def test_the_page_says_what_the_subject_publishes_with_and_without_a_script() -> None:
    subject = read_subject(ROOT / "corpus")
    published = {key: value for key, value in SUBJECT.items() if key != "services"}
    assert published == subject.published(), "`make subject` brings site/ up to corpus/subject.yaml"
    page = html.unescape((SITE / "index.html").read_text())
    links = [f'<a href="{link.url}">{link.label}<' for link in subject.links]
    for said in [*links, f">{subject.name}<", f">{subject.tagline}<", f">{subject.contact.strip()}<"]:
        assert said in page, f"site/index.html lacks {said}: `make subject`"


def test_both_languages_say_the_same_things() -> None:
    words = (SITE / "words.js").read_text()
    english, german = re.findall(r"const (?:en|de) = \{\n(.*?)\n\};", words, re.S)
    keys = [re.findall(r"^  (\w+):", block, re.M) for block in (english, german)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 30


def test_the_element_weighs_little() -> None:
    weights = {path.name: len(gzip.compress(path.read_bytes(), 6)) for path in files(".js")}
    print(f"gzip: {weights}, {sum(weights.values())} bytes in all")
    assert sum(weights.values()) < 15_000, weights


def test_the_page_asks_for_every_module_at_once() -> None:
    named = re.findall(r'(?:modulepreload" href|src)="(\w[\w-]*\.js)"', (SITE / "index.html").read_text())
    assert sorted(named) == [path.name for path in files(".js")]
