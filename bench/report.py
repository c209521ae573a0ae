"""Results as Markdown. Light: `make settings` writes the documents without what measuring needs."""

from collections.abc import Iterable, Mapping
from typing import Any

from bench.figures import markdown, ratio, row_of, table

Result = Mapping[str, Any]


def run(result: Result) -> str:
    """All of `make bench`: every row, what stands behind the cold start, and the sweep."""
    parts = [table(map(row_of, result["rows"])), met(result["rows"])]
    if cold := result.get("cold start"):
        parts += ["Cold start, one after the other in turns:", cold_start(cold)]
    if load := result.get("load"):
        parts += ["Under load, 1,000 passages, every answer written by a language model that takes so long:"]
        parts += [sweep(load["sweep"])]
    return "\n\n".join([*parts, foot(result)])


def short(result: Result) -> str:
    """README's table: what has a bound."""
    bounded = [row_of(fields) for fields in result["rows"] if fields["must"] is not None]
    return "\n\n".join([table(bounded, told=False), foot(result)])


def growth(result: Result) -> str:
    """All of `make bench-growth`."""
    rows = table(map(row_of, result["rows"]))
    drawn = picture("growth", "Cold start and warm questions by passages")
    return "\n\n".join([sizes(result["sizes"]), rows, drawn, foot(result)])


def picture(name: str, told: str) -> str:
    """A picture in docs/, as documents one folder below the top see it."""
    return f"![{told}](../docs/{name}.png)"


def met(rows: Iterable[Mapping[str, Any]]) -> str:
    """How many bounds hold."""
    verdicts = [fields["verdict"] for fields in rows if fields["must"] is not None]
    held = sum(verdict in ("must", "stretch") for verdict in verdicts)
    stretched = verdicts.count("stretch")
    unknown = verdicts.count("not measured")
    sentence = f"Of {len(verdicts)} bounds {held} hold, {stretched} of them stretch."
    return f"{sentence} {unknown} not measured." if unknown else sentence


def foot(result: Result) -> str:
    """When, what and where."""
    took = f", {result['seconds'] / 60:.0f} minutes" if "seconds" in result else ""
    return f"{result['date'][:10]}, commit {result['commit']}, {result['machine']}{took}."


def cold_start(found: Mapping[str, Any]) -> str:
    """Seconds and memory of each that was started."""
    lines = []
    for cache in ("warm", "dropped"):
        for name, one in found.get(cache, {}).items():
            seconds, floor = one["s"], found[cache]["floor"]["s"]["median"]
            lines.append(
                [
                    name if cache == "warm" else f"{name}, page cache dropped",
                    f"{seconds['median']:.3f}",
                    _range(seconds),
                    f"{ratio(seconds['median'], floor):.2f}",
                    f"{one['pss_mb']['median']:.0f}",
                    str(seconds["runs"]),
                ]
            )
    return markdown(["started", "median s", "range", "ratio", "PSS MB", "runs"], lines)


def sweep(lines: Iterable[Mapping[str, float]]) -> str:
    """Latency and rate by questions in flight."""
    head = ["LLM ms", "in flight", "answers a second", "p50 ms", "p95 ms", "the LLM's own p50 ms", "CPU ms a request"]
    columns = ("llm_ms", "in_flight", "per_s", "p50_ms", "p95_ms", "own_p50_ms", "cpu_ms")
    return markdown(head, [[f"{line[column]:g}" for column in columns] for line in lines])


def sizes(lines: Iterable[Mapping[str, Any]]) -> str:
    """Cold start and warm questions by passages."""
    head = ["passages", "cold start s", "range", "p50 ms", "p95 ms", "CPU ms a question", "PSS MB"]
    columns = ("p50_ms", "p95_ms", "cpu_ms", "pss_mb")
    return markdown(
        head,
        [
            [
                f"{line['passages']:,}",
                f"{line['cold_s']['median']:.3f}",
                _range(line["cold_s"]),
                *(f"{line[column]:g}" for column in columns),
            ]
            for line in lines
        ],
    )


def page(result: Result) -> str:
    """What a visitor of the page waits for, and what it weighs."""
    times = [
        [name, f"{one['median']:.0f}", f"{one['min']:.0f}–{one['max']:.0f}"] for name, one in result["times_ms"].items()
    ]
    weights = [[name, f"{size:,}"] for name, size in result["weights"].items()]
    waited = markdown(["from the click to", "median ms", "range"], times)
    loaded = markdown(["loaded", "bytes, gzip"], weights)
    told = f"{foot(result)[:-1]}, {result['runs']} questions each, every one in a fresh page."
    return "\n\n".join([waited, loaded, told])


def _range(found: Mapping[str, float]) -> str:
    return f"{found['min']:.3f}–{found['max']:.3f}"
