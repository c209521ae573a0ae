"""GET /docs: /openapi.json to read and try out, with Swagger UI from the package swagger-ui-py. No other site is asked.

All addresses are relative, so that it works below a prefix such as the site's /api/ too.
"""

from importlib.util import find_spec
from pathlib import Path

from starlette.responses import FileResponse, Response

from functions.shared.problem import NotFound, NotInstalled

# Swagger UI writes style attributes and draws its icons from data: addresses; Trusted Types it does not know.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ask</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
<div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
"""
START = """SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true });\n"""
ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")


def docs(name: str | None) -> Response:
    """The page, or a file of it. Raises NotInstalled and NotFound."""
    folder, headers = _folder(), {"Content-Security-Policy": POLICY}
    if name is None:
        return Response(PAGE, headers=headers, media_type="text/html")
    if name == "start.js":
        return Response(START, headers=headers, media_type="text/javascript")
    if name not in ASSETS:
        raise NotFound(f"/docs has no file {name!r}.", de=f"/docs hat keine Datei {name!r}.")
    return FileResponse(folder / name, headers=headers)


def _folder() -> Path:
    """Where the package keeps its files; it is looked up, never imported."""
    package = find_spec("swagger_ui")
    if not package or not package.submodule_search_locations:
        raise NotInstalled(
            "This needs the package swagger-ui-py, which is not installed here; /openapi.json is.",
            de="Dafür fehlt hier das Paket swagger-ui-py; /openapi.json gibt es.",
        )
    return Path(package.submodule_search_locations[0]) / "static"
