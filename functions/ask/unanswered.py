"""What visitors asked and the documents do not answer, from ask's log, alike questions together.

    python -m functions.ask.unanswered [FILE]      (make unanswered LOG=FILE, kubectl logs … | make unanswered)

Without FILE the log is read from standard input. Lines may have something before their JSON, as `kubectl logs --prefix`
and `make run` write them. Questions are in the log with LOG_QUESTIONS=true only; what is personal in them is not shown,
even where an older version logged it. Which questions are alike is told by the model in MODEL_DIR.
Exit status 1 where nothing can be listed, 2 where there is no log.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from functions.ask.alike import Group, groups
from functions.ask.logged import Log, read
from functions.ask.outcome import without_personal
from functions.shared.embed import open_embedder
from functions.shared.problem import ModelUnusable
from functions.shared.settings import BadSetting, Settings


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
