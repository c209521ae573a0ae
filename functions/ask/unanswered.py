"""What visitors asked and the documents do not answer, from ask's log, alike questions together.

    python -m functions.ask.unanswered [FILE]      (make unanswered LOG=FILE, kubectl logs … | make unanswered)

Without FILE the log is read from standard input. Lines may have something before their JSON, as `kubectl logs --prefix`
and `make run` write them. Questions are in the log with LOG_QUESTIONS=true only; what is personal in them is not shown,
even where an older version logged it. Which questions are alike is told by the model in MODEL_DIR.
Exit status 1 where nothing can be listed, 2 where there is no log.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.ask.gloss import gloss
from functions.ask.lexical import WORD
from functions.ask.outcome import ASKED, UNANSWERED, without_personal
from functions.shared.embed import Embedder, Floats, open_embedder
from functions.shared.problem import ModelUnusable
from functions.shared.settings import BadSetting, Settings
from functions.shared.subject import read_subject

# How far from questions that have nothing in common to the very same question two questions count as alike.
ALIKE = 0.5
# Questions that have nothing in common: how alike a model finds them is where its scale begins.
UNLIKE = (
    "Which languages does he speak?",
    "When is the office open?",
    "Has she ever been to Japan?",
    "What does a day of work cost?",
    "Is there a photograph of the building?",
    "Who invented the telephone?",
    "Do you like jazz?",
    "How many people are in the team?",
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question. `time` is the log's: ISO 8601, UTC."""

    question: str
    language: str
    reason: str
    time: str


@dataclass
class Log:
    """What a log has to say of it."""

    questions: list[Unanswered] = field(default_factory=list)
    wordless: int = 0  # unanswered, without the words
    asked: int = 0
    other: int = 0  # lines about something else
    broken: int = 0  # lines that are no log lines of ours


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description="List what the documents do not answer.")
    options.add_argument("file", nargs="?", default="-", help="log of ask; - or nothing: standard input")
    file = options.parse_args().file
    try:
        settings = Settings.read()
        log = read(_lines(file))
        check(log)
        print(told(log, groups(log.questions, open_embedder(settings, questions=True), settings), settings))
    except OSError as cause:
        _end(2, f"{file}: {cause.strerror or cause}.")
    except (NothingToList, BadSetting) as problem:
        _end(1, str(problem))
    except ModelUnusable as problem:
        _end(1, problem.detail)


class NothingToList(Exception):
    """Why there is no list, and what would help."""


def _end(status: int, why: str) -> None:
    print(why, file=sys.stderr)
    sys.exit(status)


def _lines(file: str) -> Iterable[bytes]:
    if file == "-" and sys.stdin.isatty():
        _end(2, "Which log? make unanswered LOG=.run/run.log, or kubectl logs … | make unanswered")
    if file == "-":
        yield from sys.stdin.buffer
        return
    with open(file, "rb") as log:
        yield from log


def read(lines: Iterable[bytes]) -> Log:
    """The log as far as it is about questions; what cannot be read is counted."""
    log = Log()
    for line in lines:
        if not line.strip():
            continue
        fields = _fields(line)
        message = fields.get("message")
        if message == UNANSWERED:
            _note(log, fields)
        elif message is None:
            log.broken += 1
        else:
            log.asked += message == ASKED
            log.other += message != ASKED
    return log


def _fields(line: bytes) -> dict[str, object]:
    """The JSON object in a line; empty without one."""
    text = line.decode(errors="replace")
    try:
        found = json.loads(text[text.index("{") :])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _note(log: Log, fields: dict[str, object]) -> None:
    told = [fields.get(name) for name in ("question", "language", "reason", "time")]
    if told[0] is None:
        log.wordless += 1
    elif all(isinstance(one, str) for one in told) and str(told[0]).strip():
        log.questions.append(Unanswered(*map(str, told)))
    else:
        log.broken += 1


def check(log: Log) -> None:
    """Raises NothingToList for a log without a question to list."""
    if log.questions:
        return
    if log.wordless:
        raise NothingToList(
            f"{_count(log.wordless, 'question')} went unanswered, but LOG_QUESTIONS was off, so the log does not hold"
            " their words. Set LOG_QUESTIONS=true for ask, and list what is asked from then on."
        )
    if log.asked:
        raise NothingToList(f"Nothing to list: of {_count(log.asked, 'question')} in this log none went unanswered.")
    if log.other:
        raise NothingToList(
            f"No question in {_count(log.other, 'line')} of this log: is it ask's, and was it asked anything?"
        )
    raise NothingToList(
        f"This is no log of ask: {_count(log.broken, 'line')}, none of them a JSON object with a message."
    )


@dataclass
class Group:
    """Questions that are alike, the most typical one first."""

    questions: list[Unanswered]


def groups(questions: Sequence[Unanswered], embedder: Embedder, settings: Settings) -> list[Group]:
    """The questions by what they ask for, largest group first."""
    names = read_subject(settings.corpus_dir).names()
    by_text: dict[str, list[Unanswered]] = {}
    for one in questions:
        by_text.setdefault(_comparable(one, names), []).append(one)
    often = sorted(by_text, key=lambda text: -len(by_text[text]))
    vectors = embedder.encode(often)
    near = alike_from(embedder)
    found = [Group([one for at in members for one in by_text[often[at]]]) for members in _gathered(vectors, near)]
    return sorted(found, key=lambda group: (-len(group.questions), group.questions[0].time))


def _comparable(one: Unanswered, names: frozenset[str]) -> str:
    """What a question asks, without whom it is about, which would make all alike; German in English words."""
    text = gloss(one.question) if one.language == "de" else one.question
    words = " ".join(WORD.findall(text))
    kept = " ".join(word for word in WORD.findall(text) if word.lower() not in names)
    return (kept or words or text).casefold()


def alike_from(embedder: Embedder) -> float:
    """The cosine from which this model finds two questions alike: on its own scale, for each has another."""
    vectors = embedder.encode([" ".join(WORD.findall(text)).casefold() for text in UNLIKE])
    cosines = (vectors @ vectors.T)[np.triu_indices(len(UNLIKE), 1)]
    unlike = float(cosines.mean())
    return unlike + ALIKE * (1 - unlike)


def _gathered(vectors: Floats, near: float) -> list[list[int]]:
    """Rows by the nearest middle of a group; who is near none begins one. Two passes: the first moves the middles."""
    middles: list[Floats] = []
    for vector in vectors:
        at = _nearest(vector, middles)
        if at is None or float(middles[at] @ vector) / float(np.linalg.norm(middles[at])) < near:
            middles.append(vector.copy())
        else:
            middles[at] += vector
    members: list[list[int]] = [[] for _ in middles]
    for number, vector in enumerate(vectors):
        at = _nearest(vector, middles)
        assert at is not None
        members[at].append(number)
    typical = [
        sorted(rows, key=lambda row: -float(vectors[row] @ middle))
        for rows, middle in zip(members, middles, strict=True)
    ]
    return [rows for rows in typical if rows]


def _nearest(vector: Floats, middles: Sequence[Floats]) -> int | None:
    if not middles:
        return None
    every = np.stack(middles)
    return int(np.argmax(every @ vector / np.linalg.norm(every, axis=1)))


def told(log: Log, found: Sequence[Group], settings: Settings) -> str:
    """The list as it is printed."""
    head = f"{_count(len(log.questions), 'unanswered question')} in {_count(len(found), 'group')}."
    if log.wordless:
        head += f" {log.wordless} more without their words: LOG_QUESTIONS was off."
    if log.other or log.asked or log.broken:
        head += f" Skipped: {_count(log.asked + log.other, 'other line')}, {log.broken} broken."
    return "\n".join([head, *(_group(one, settings) for one in found)])


def _group(group: Group, settings: Settings) -> str:
    times = sorted(one.time for one in group.questions)
    when = (
        _minute(times[0]) if _minute(times[0]) == _minute(times[-1]) else f"{_minute(times[0])} to {_minute(times[-1])}"
    )
    languages = _counts(one.language for one in group.questions)
    reasons = _counts(one.reason for one in group.questions)
    example = " ".join(without_personal(group.questions[0].question, settings.phone_region).split())
    return f"\n{len(group.questions):4} ×  {_plain(example)}\n        {_plain(f'{languages}; {reasons}; {when}')} UTC"


def _plain(text: str) -> str:
    """Nothing that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _counts(values: Iterable[str]) -> str:
    return ", ".join(f"{value} {count}" for value, count in Counter(values).most_common())


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


if __name__ == "__main__":
    main()
