"""Labelled citations over the real model: false ones are not kept, and true ones mostly are."""

import tomllib
from collections import Counter

import pytest

from functions.shared.embed import Embedder
from tests.processes import ROOT
from tests.quality.citations import answers, look, pairs, read, scores

FLOORS = tomllib.loads((ROOT / "tests" / "quality" / "thresholds.toml").read_text())["citations"]
TRUE = {"copy", "paraphrase", "merged", "date", "number"}
FALSE = {"date", "number", "name", "swap", "negation", "unsaid", "overclaim", "wrong-passage"}


def test_every_pair_has_a_known_kind_and_its_passage() -> None:
    for pair in pairs():
        assert pair.kind in (TRUE if pair.supported else FALSE), pair.id
        assert pair.split in ("tune", "report"), pair.id
    assert len({(pair.sentence, pair.passage.id) for pair in pairs()}) == len(pairs()) == len({p.id for p in pairs()})


def test_the_splits_are_alike_and_share_no_passage() -> None:
    assert set(Counter((pair.split, pair.supported) for pair in pairs()).values()) <= set(range(50, 100))
    passages = {split: {pair.passage for pair in pairs() if pair.split == split} for split in ("tune", "report")}
    assert passages["tune"].isdisjoint(passages["report"])


@pytest.mark.parametrize("split", ["tune", "report"])
def test_false_citations_are_dropped_and_true_ones_kept(embedder: Embedder, split: str) -> None:
    judged = [(look(pair, embedder).proven, pair.supported) for pair in pairs() if pair.split == split]
    precision, recall, _, _ = scores(judged)
    assert precision >= FLOORS[split]["precision"]
    assert recall >= FLOORS[split]["recall"]


async def test_sound_answers_are_shown_and_others_are_not(embedder: Embedder) -> None:
    wrong = [answer.id for answer in answers() if (await read(answer, embedder)).proven is not answer.sound]
    assert wrong == []
