"""Other faces of the same answer."""

import asyncio
from importlib import import_module
from typing import Any

from functions.shared.problem import NotInstalled


async def load(name: str) -> Any:
    """A module of this folder that needs a large package, on first use. Raises NotInstalled.

    In a thread: the import may take a second, and streams are open meanwhile.
    """
    try:
        return await asyncio.to_thread(import_module, f"{__name__}.{name}")
    except ModuleNotFoundError as missing:
        package = str(missing.name).partition(".")[0]
        raise NotInstalled(
            f"This needs the package {package!r}, which is not installed here.",
            de=f"Dafür fehlt hier das Paket {package!r}.",
        ) from missing
