"""What a visitor meets, whole: Chromium's side is browser.py, this is nginx, the real ask and two language models."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import MODEL
from tests.fake_llms import KEY, Script, hosted, ollama, serving
from tests.nginx import ASK, NameServer, Site
from tests.processes import Function


@dataclass
class Stack:
    """The site's address, ask behind it, and what the models say next."""

    url: str
    ask: Function
    hosted: Script = field(default_factory=Script)
    local: Script = field(default_factory=Script)

    def reset(self) -> None:
        """Both models back to their usual answer."""
        for script in (self.hosted, self.local):
            vars(script).update(vars(Script()))


@contextmanager
def stack(folder: Path, environment: dict[str, str], *, models: bool = True) -> Iterator[Stack]:
    """nginx before ask, with or without language models. `environment` says where the documents are."""
    main, fallback, names = Script(), Script(), NameServer(ASK)
    with ExitStack() as parts:
        parts.callback(names.close)
        upper: dict[str, str] = {}
        if models:
            upper = {
                "FEATHERLESS_API_KEY": KEY,
                "HOSTED_BASE_URL": f"{parts.enter_context(serving(hosted(main)))}/v1",
                "OLLAMA_HOST": parts.enter_context(serving(ollama(fallback))),
                "BREAKER_FAILURES": "1000",
            }
        # Tests ask the same thing again and again, and mean it.
        always = {"MODEL_DIR": str(MODEL), "RATE_LIMIT_PER_HOUR": "0", "ANSWER_CACHE": "off"}
        ask = parts.enter_context(Function("ask", folder, {**always, **upper, **environment}))
        site = Site(folder, ask.port, names)
        parts.callback(site.process.stop)
        yield Stack(f"{site.url}/", ask, main, fallback)
