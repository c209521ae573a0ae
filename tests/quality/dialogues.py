"""Dialogues, played as the page does it: every turn goes with the questions before it and the bot's own answers.

What stands alone is asked without the history too: a follow-up written out in full, so that the two figures differ by
nothing but the understanding of the history; a change of topic as it is, so that a history which poisons it shows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.quality.scorers import cited, right, share
from tests.quality.sets import Question

History = list[dict[str, str]]
COLUMNS = (
    *("right", "right written out", "ratio", "right self-contained", "right self-contained alone"),
    *("refused", "refused written out", "cited"),
)
Ask = Callable[[str, History], Question]  # (question, history) → the record of the answer


@dataclass(frozen=True)
class Played:
    """A turn and the records of its answers: in its dialogue, and to the same asked alone."""

    turn: Question
    told: Question
    alone: Question


def score(dialogues: list[Question], ask: Ask) -> dict[str, float]:
    """The columns of the dialogues' row; `ratio` is what the follow-ups reach of what they reach written out."""
    turns = [played for dialogue in dialogues for played in play(dialogue, ask)]
    follow_ups, switches, absent = (
        [played for played in turns if played.turn["kind"] == kind] for kind in ("follow-up", "switch", "absent")
    )
    asked, written_out = _right(follow_ups)
    switched, switched_alone = _right(switches)
    row = {
        "n": len(follow_ups),
        "right": asked,
        "right written out": written_out,
        "ratio": asked / written_out if written_out else 0.0,
        "right self-contained": switched,
        "right self-contained alone": switched_alone,
        "refused": share(not played.told["answered"] for played in absent),
        "refused written out": share(not played.alone["answered"] for played in absent),
    }
    if given := [played.told for played in turns if played.told["answered"]]:
        row["cited"] = share(map(cited, given))
    return row


def play(dialogue: Question, ask: Ask) -> Iterator[Played]:
    """Ask turn by turn."""
    history: History = []
    for turn in dialogue["turns"]:
        told = ask(turn["question"], list(history))
        yield Played(turn, told, ask(turn.get("written_out", turn["question"]), []) if history else told)
        history += [{"role": "user", "content": turn["question"]}, {"role": "assistant", "content": told["answer"]}]


def _right(turns: list[Played]) -> tuple[float, float]:
    """Shares of right answers: in the dialogue, and alone."""
    told = share(right(played.told, played.turn["must"]) for played in turns)
    return told, share(right(played.alone, played.turn["must"]) for played in turns)
