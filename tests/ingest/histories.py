"""Random histories of documents: what happened to them, and how the events of it arrive."""

from dataclasses import dataclass

from hypothesis import strategies as st

DOCUMENTS = ("a", "b")
# Few words, so that content comes back, moves and is shared between documents.
LINES = tuple(f"Line {word} of the text." for word in ("one", "two", "three", "four", "five"))


@dataclass(frozen=True)
class Happening:
    """What happened to a document, at a minute of its own; no lines: it was withdrawn."""

    document: str
    minute: int
    lines: tuple[str, ...]
    versioned: bool

    @property
    def version(self) -> str:
        return str(self.minute) if self.versioned and self.lines else ""

    def content(self) -> str:
        return "# Title\n\n" + "".join(f"## Part {n}\n\n{line}\n\n" for n, line in enumerate(self.lines))


@dataclass(frozen=True)
class Wave:
    """Deliveries that arrive together: numbers of happenings with the process each goes to. `fault` befalls one."""

    deliveries: tuple[tuple[int, int], ...]
    fault: tuple[int, str] | None  # (process, what tests.ingest.crashing reads)


@dataclass(frozen=True)
class History:
    happenings: tuple[Happening, ...]  # in the order in which they happened
    waves: tuple[Wave, ...]

    def last(self, document: str) -> Happening | None:
        """What the document is like in the end."""
        return next((one for one in reversed(self.happenings) if one.document == document), None)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Publish, replace and withdraw two documents; deliveries out of order, twice, at once, with crashes between."""
    versioned = draw(st.booleans())
    lines = st.lists(st.sampled_from(LINES), min_size=1, max_size=4).map(tuple) | st.just(())
    made = draw(st.lists(st.tuples(st.sampled_from(DOCUMENTS), lines), min_size=2, max_size=6))
    happenings = tuple(Happening(document, minute, text, versioned) for minute, (document, text) in enumerate(made))
    numbers = st.integers(0, len(happenings) - 1)
    arriving = draw(st.permutations(range(len(happenings))))
    arriving += draw(st.lists(numbers, max_size=3))
    waves, process = [], st.integers(0, 1)
    kinds = st.sampled_from(["before", "after", "pause", ""])
    while arriving:
        width = draw(st.integers(1, 3))
        together, arriving = arriving[:width], arriving[width:]
        deliveries = tuple((number, draw(process)) for number in together)
        kind = draw(kinds)
        fault = (deliveries[0][1], f"{draw(st.integers(1, 6))} {kind}") if kind else None
        waves.append(Wave(deliveries, fault))
    return History(happenings, tuple(waves))
