"""The turns of a conversation, as other contracts send it, → Question."""

from collections.abc import Sequence

from functions.ask.question import MAX_QUESTION, MAX_TURN, MAX_TURNS, Question, Turn
from functions.shared.problem import Refused


def last_question(turns: Sequence[Turn], stream: bool) -> Question:
    """The last thing the user said, with the newest of the turns before it. Raises Refused.

    A chat sends all it ever had: where the native contract refuses a turn too many, the oldest are left out here.
    """
    spoken = [turn for turn in turns if turn.content.strip()]
    last = max((position for position, turn in enumerate(spoken) if turn.role == "user"), default=None)
    if last is None:
        raise Refused(
            f"No message of the user has text. Send at least one, of 1 to {MAX_QUESTION} characters.",
            de=f"Keine Nachricht des Nutzers hat Text. Senden Sie eine, mit 1 bis {MAX_QUESTION} Zeichen.",
        )
    question, history = spoken[last].content, spoken[:last][-MAX_TURNS:]
    if len(question) > MAX_QUESTION:
        raise Refused(
            f"The last message of the user has {len(question)} characters, at most {MAX_QUESTION} are taken.",
            de=f"Die letzte Nachricht hat {len(question)} Zeichen, höchstens {MAX_QUESTION} werden angenommen.",
        )
    if longest := max((len(turn.content) for turn in history if len(turn.content) > MAX_TURN), default=0):
        raise Refused(
            f"An earlier message has {longest} characters, at most {MAX_TURN} are taken.",
            de=f"Eine frühere Nachricht hat {longest} Zeichen, höchstens {MAX_TURN} werden angenommen.",
        )
    return Question(question, history=history, stream=stream)
