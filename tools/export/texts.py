"""Made-up texts: some to hold the run time against sentence-transformers, some to measure activations with."""

import random
from collections.abc import Sequence


def varied_texts(count: int) -> list[str]:
    """Made-up texts from none to some 600 words: prose, lists, German, other scripts, code, signs and digits."""
    words = (
        "the a of in with for and data model sensor pipeline Kubernetes engineer worked since 2019 until 06/2023 88 % "
        "Straße München Größe über Zürich naïve café C++ C# scikit-learn CI/CD v0.2 B.E. M.Sc. DP-100 e.g. "
        "Москва 東京 数据 مرحبا नमस्ते 🙂 … – “quoted” 'single' <b>html</b> def f(x): return x[0] {json: [1, 2]} | & § € "
        "\\n\\t \n - * # ! ? , ; : antidisestablishmentarianism aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa http://example.org/a?b=c"
    ).split(" ")
    dice = random.Random(20)  # noqa: S311  reproducible, not secret
    lengths = [0, 1, 2, 3, 600] + [dice.randint(4, 40) if n % 3 else dice.randint(40, 300) for n in range(count - 5)]
    return [" ".join(dice.choices(words, k=length)) for length in lengths]


# How people ask, and how documents tell, about somebody's work.
_PATTERNS = (
    "Where did {who} study {what}?", "When did {who} start to work on {what}?", "How long was {who} with {where}?",
    "Which tools does {who} use for {what}?", "What was {what} at {where} about?", "What languages does {who} speak?",
    "Does {who} have experience with {what}?", "How many people worked on {what} in {when}?", "Tell me about {what}.",
    "Why did {where} choose {what} in {when}?", "Who leads {what} at {where}?", "what did {who} build for {where}",
    "{who} built {what} at {where} in {when}.", "From {when} on {who} was in charge of {what}, with a team of seven.",
    "Wo hat {who} {what} gelernt?", "Seit wann arbeitet {who} bei {where}?", "Welche Erfahrung hat {who} mit {what}?",
)  # fmt: skip
_WHO = ("she", "he", "they", "Nora Lind", "the candidate", "her team", "Dr. Okafor", "you")
_WHAT = (
    "machine learning", "the data platform", "Kubernetes", "her master's thesis", "quality control", "nursing", "CI/CD",
    "breath sensors", "accounting", "Python and SQL", "the migration to the cloud", "teaching", "bridges",
    "Datenanalyse",
)  # fmt: skip
_WHERE = ("Siemens", "the university", "a hospital in Oslo", "VitaNova GmbH", "the city council", "her last company")
_WHEN = ("2019", "June 2021", "the nineties", "2015–2018", "her first year", "spring 1998")


def usual_texts(vocabulary: Sequence[str]) -> list[str]:
    """Such as a question is, and some beginnings of odd ones. Three times as many measure the same."""
    odd = varied_texts(200)[::5]
    return _questions(vocabulary, 300) + [" ".join(text.split()[:12]) for text in odd]


def _questions(vocabulary: Sequence[str], count: int) -> list[str]:
    """Questions and sentences; two in three are about words drawn from the model's `vocabulary`."""
    bare = (word.removeprefix("▁") for word in vocabulary)  # SentencePiece marks where a word begins
    words = sorted({word for word in bare if word.isascii() and word.isalpha() and len(word) > 2}) or list(_WHO)
    dice = random.Random(20)  # noqa: S311  reproducible, not secret

    def one(number: int) -> str:
        drawn = [dice.choice(words) for _ in range(4)]
        who = drawn[0].title() if number % 3 == 1 else dice.choice(_WHO)
        what = f"{drawn[1]} {drawn[2]}" if number % 3 else dice.choice(_WHAT)
        where = drawn[3].title() if number % 3 else dice.choice(_WHERE)
        return dice.choice(_PATTERNS).format(who=who, what=what, where=where, when=dice.choice(_WHEN))

    return [one(number) for number in range(count)]
