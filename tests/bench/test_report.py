"""The tables and pictures that are made from what a bench kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import parts, plots, report
from bench.figures import Row
from tools import readme

ROWS = [
    Row("cold start / floor", 2.3, "×", 2.5, 2.0, told="0.6 s"),
    Row("image", None, "MB", 600, 450),
    Row("p99", 9.0),
]
STARTED = {"s": {"median": 0.61, "min": 0.6, "max": 0.7, "runs": 8}, "pss_mb": {"median": 118.4}}
FLOOR = {"s": {"median": 0.3, "min": 0.29, "max": 0.31, "runs": 8}, "pss_mb": {"median": 30.0}}
LINE = {"llm_ms": 0, "in_flight": 8, "per_s": 210.5, "p50_ms": 38.0, "p95_ms": 50.25, "own_p50_ms": 1.5, "cpu_ms": 4.5}
HEAD = {"date": "2026-11-22T21:00:00+00:00", "commit": "abc1234", "machine": "x86_64, 2 cores", "quick": False}
BENCH: dict[str, Any] = {
    **HEAD,
    "bench": "bench",
    "seconds": 610,
    "rows": [row.as_json() for row in ROWS],
    "cold start": {"warm": {"floor": FLOOR, "ask": STARTED}, "dropped": {"floor": FLOOR, "ask": STARTED}},
    "load": {
        "sweep": [LINE, {**LINE, "in_flight": 32}, {**LINE, "llm_ms": 300}, {**LINE, "llm_ms": 300, "in_flight": 32}]
    },
}
SIZE = {"cold_s": STARTED["s"], "p50_ms": 8.0, "p95_ms": 12.0, "cpu_ms": 7.25, "pss_mb": 130}
GROWTH: dict[str, Any] = {
    **HEAD,
    "bench": "growth",
    "seconds": 1200,
    "rows": [Row("100 → 10,000 passages: p50", 1.1, "×", 1.25, 1.1).as_json()],
    "sizes": [{"passages": 100, **SIZE}, {"passages": 10_000, **SIZE}],
}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_readme_has_the_rows_with_bounds_and_when_and_where_they_were_measured() -> None:
    head, _, *lines, _, told = report.short(BENCH).splitlines()
    assert cells(head) == ["figure", "measured", "must", "stretch", "met"]
    assert [cells(line)[0] for line in lines] == ["cold start / floor", "image"]
    assert told == "2026-11-22, commit abc1234, x86_64, 2 cores, 10 minutes."


def test_the_bench_readme_has_every_row_each_start_and_the_sweep() -> None:
    text = report.run(BENCH)
    assert "Of 2 bounds 1 hold, 0 of them stretch. 1 not measured." in text
    lines = [cells(line) for line in text.splitlines() if line.startswith("|")]
    assert ["p99", "9", "", "", "", ""] in lines
    assert ["ask", "0.610", "0.600–0.700", "2.03", "118", "8"] in lines
    assert ["ask, page cache dropped", "0.610", "0.600–0.700", "2.03", "118", "8"] in lines
    assert ["0", "8", "210.5", "38", "50.25", "1.5", "4.5"] in lines


def test_growth_is_a_table_of_sizes_one_of_ratios_and_a_picture() -> None:
    lines = [cells(line) for line in report.growth(GROWTH).splitlines() if line.startswith("|")]
    assert ["10,000", "0.610", "0.600–0.700", "8", "12", "7.25", "130"] in lines
    assert ["100 → 10,000 passages: p50", "1.10 ×", "≤ 1.25 ×", "≤ 1.10 ×", "stretch", ""] in lines
    assert "](../docs/growth.png)" in report.growth(GROWTH)


def test_documents_are_filled_from_what_was_kept_and_else_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readme, "RESULTS", tmp_path)
    assert {block for _, block, _ in readme.blocks()} == {"settings", "quality"}
    (tmp_path / "bench.json").write_text(json.dumps(BENCH))
    filled = {(str(path), block): content for path, block, content in readme.blocks()}
    assert filled["README.md", "bench"] == report.short(BENCH)
    assert filled["bench/README.md", "bench"] == report.run(BENCH)
    assert filled["docs/scaling.md", "load"].endswith("(../docs/load.png)")
    assert ("docs/scaling.md", "growth") not in filled


def test_every_block_that_a_result_may_fill_is_in_its_document() -> None:
    for document, block, _, _ in readme.MEASURED:
        text = document.read_text(encoding="utf-8")
        assert "filled\n" in readme.replaced(text, block, "filled")


@pytest.mark.parametrize(("draw", "result"), [(plots.load, BENCH), (plots.growth, GROWTH)], ids=["load", "growth"])
def test_pictures_show_every_line_and_come_out_as_png(draw, result: dict[str, Any], tmp_path: Path) -> None:
    figure = draw(result)
    left, right = figure.axes
    drawn = [list(line.get_xdata()) for line in right.get_lines()]
    assert drawn == [[8, 32], [8, 32]] if draw is plots.load else [[100, 10_000], [100, 10_000]]
    for axes in (left, right):
        assert axes.get_ylabel()
        assert (axes.get_ylim()[0], axes.get_yscale()) == (0, "linear")  # what is twice as long looks twice as long
    plots.save(figure, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_a_quick_run_is_printed_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parts, "RESULTS", tmp_path / "results")
    parts.keep({**BENCH, "quick": True})
    assert not (tmp_path / "results").exists()
    parts.keep(BENCH)
    assert json.loads((tmp_path / "results" / "bench.json").read_text()) == BENCH
    quick, whole = capsys.readouterr().out.splitlines()
    assert (json.loads(quick)["quick"], json.loads(whole)["quick"]) == (True, False)
