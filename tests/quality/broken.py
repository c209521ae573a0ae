"""The functions with one part deliberately broken, to see that the gate notices: BROKEN=ranking, chunker or prompt."""

import os
from dataclasses import replace

from functions.ask import prompt, rerank
from functions.ingest import chunk
from functions.shared.serve import main


def _break(part: str) -> None:
    if part == "ranking":
        rerank.INTERACTION_WEIGHT = -1.0  # the worst match first
    elif part == "chunker":
        whole = chunk.chunk
        chunk.chunk = lambda document, settings: [replace(one, text=one.text[:60]) for one in whole(document, settings)]
    elif part == "prompt":
        prompt._quoted = lambda passage: f"[{passage.n}]"  # numbers without their passages


if __name__ == "__main__":
    _break(os.environ["BROKEN"])
    main()
