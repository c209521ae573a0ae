"""Who may send events, once ingest is exposed: a bearer token (INGEST_TOKEN), or a signature (INGEST_SECRET).

Signatures are those of https://www.standardwebhooks.com: HMAC-SHA256 over `id.timestamp.body`, so that a copy of a
request is worth nothing after SIGNATURE_TOLERANCE_S. Within that time it does no harm: the same event again changes
nothing. The signature covers the body alone, so a signed event is structured: its attributes stand in the body too.
With neither setting everybody who reaches ingest may send.
"""

import base64
import hmac
import time
from collections.abc import Mapping

from functions.shared.problem import Forbidden, Unauthorized
from functions.shared.settings import Settings

SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
# A grant has to name a rate, in requests a minute; ingest takes one event at a time and some a second.
RATE = "120"


def check_sender(headers: Mapping[str, str], settings: Settings) -> bool:
    """Whether the body's signature has to be checked as well. Raises Unauthorized; nothing has been read yet."""
    if not settings.ingest_token and not settings.ingest_secret:
        return False
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if settings.ingest_token and scheme.lower() == "bearer":
        if not hmac.compare_digest(given.strip().encode(), settings.ingest_token.encode()):
            raise Unauthorized("The bearer token is not the one that is accepted.")
        return False
    if settings.ingest_secret and "webhook-signature" in headers:
        return True
    accepted = ["a bearer token"] if settings.ingest_token else []
    accepted += [f"a signature ({', '.join(SIGNED)})"] if settings.ingest_secret else []
    raise Unauthorized(f"The event shows nothing of its sender: {' or '.join(accepted)} is needed.")


def check_signature(headers: Mapping[str, str], body: bytes, structured: bool, settings: Settings) -> None:
    """Raises Unauthorized when the signature does not hold, Forbidden when it is too old or does not cover enough."""
    if missing := [name for name in SIGNED if not headers.get(name)]:
        raise Unauthorized(f"A signed event needs {', '.join(SIGNED)}: {', '.join(missing)} is missing.")
    message, stamp, given = (headers[name] for name in SIGNED)
    signature = sign(settings.ingest_secret, message, stamp, body)
    # Several are sent while a secret is replaced. Each is compared, found or not: the time tells nothing.
    holds = [hmac.compare_digest(one.encode(), signature.encode()) for one in given.split()]
    if not any(holds):
        raise Unauthorized("The signature does not hold: it is v1 of Standard Webhooks, over the body as it is sent.")
    if not stamp.isascii() or not stamp.isdigit() or abs(time.time() - int(stamp)) > settings.signature_tolerance_s:
        raise Forbidden(
            f"The signature's timestamp is over {settings.signature_tolerance_s:g} s from now: sign the event anew."
        )
    if not structured:
        raise Forbidden(
            "A signed event must be structured (application/cloudevents+json): `ce-` headers are not signed."
        )


def sign(secret: str, message: str, stamp: str, body: bytes) -> str:
    """The signature of a body, `v1,…`; `secret` is whsec_ and base64, `stamp` seconds of the epoch."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{message}.{stamp}.".encode() + body, "sha256")).decode()


def grant(origin: str, settings: Settings) -> dict[str, str]:
    """Headers that let `origin` send: the handshake of CloudEvents web hooks, section 4. Raises Forbidden.

    A callback that is offered instead is not called: the request comes from anybody.
    """
    allowed = [one.strip().lower() for one in settings.webhook_origins.split(",") if one.strip()]
    if not origin or origin.lower() not in allowed:
        raise Forbidden(f"The origin {origin[:100]!r} may not send here: WEBHOOK_ORIGINS lists those that may.")
    return {"Allow": "POST", "WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": RATE}
