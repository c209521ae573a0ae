"""A push to GitHub, in both spellings of the CloudEvent: `com.github.push` and `dev.knative.source.github.push`.

https://docs.github.com/webhooks/webhook-events-and-payloads#push. Only files that the push names and SOURCES covers
are looked at: https://github.com/owner/repository/tree/branch/folder is a source. Every file is fetched at the
commit the push ended with; the document's id is the file's address on the branch.
"""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from functions.ingest.events import Envelope, Located, Several, Withdrawn
from functions.ingest.events.fields import data, head, of_epoch
from functions.ingest.media import by_name
from functions.ingest.sources import checked, covers, names
from functions.shared.problem import Refused
from functions.shared.settings import Settings

PUSHES = ("com.github.push", "dev.knative.source.github.push")
# GitHub names no more commits than this in one event.
MOST_COMMITS = 2048


class Repository(msgspec.Struct):
    """Where it was pushed to. `pushed_at`: seconds of the epoch, and the same when the event is sent again."""

    html_url: Annotated[str, msgspec.Meta(pattern=r"^https://[^/?#@]+/[\w.-]+/[\w.-]+$")]
    pushed_at: int | str = ""


class Commit(msgspec.Struct):
    """What one commit did, paths from the top of the repository."""

    added: list[str] = []
    modified: list[str] = []
    removed: list[str] = []


class Push(msgspec.Struct):
    """The payload, as far as it is read."""

    ref: str
    after: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40,64}$")]
    repository: Repository
    commits: list[Commit] = []
    forced: bool = False
    created: bool = False
    deleted: bool = False

    @property
    def tells_all(self) -> bool:
        """Whether the commits name every file that changed."""
        known = self.commits or not self.created
        return bool(known) and not (self.forced or self.deleted) and len(self.commits) < MOST_COMMITS


def pushed(envelope: Envelope, settings: Settings) -> Several:
    """The files that changed. Raises Malformed, or Refused when not all that changed is told."""
    push = data(envelope, Push)
    if not names(push.repository.html_url, settings):
        raise Refused(f"SOURCES does not name {push.repository.html_url[:200]}: nothing of it is read.")
    branch = f"{push.repository.html_url.rstrip('/')}/blob/{quote(push.ref.removeprefix('refs/heads/'))}"
    ours = push.ref.startswith("refs/heads/") and names(branch, settings)
    if ours and not push.tells_all:
        raise Refused(
            "The push created, deleted or rewrote the branch, or has more commits than GitHub tells: it does not name"
            " every file that changed. Send the documents, or reconcile the source."
        )
    changes = []
    for path, stands in (_last_word(push) if ours else {}).items():
        location = f"{branch}/{quote(path)}"
        if not by_name(path) or path.rpartition("/")[2].lower() == "readme.md" or not covers(location, settings):
            continue
        fields = head(envelope, checked(location, settings), time=_time(push))
        changes.append(_located(fields, push, path) if stands else Withdrawn(**fields))
    return Several(envelope.text("id"), envelope.text("source"), tuple(changes))


def _located(fields: dict[str, Any], push: Push, path: str) -> Located:
    owner_and_name = push.repository.html_url.split("/", 3)[3]
    contents = f"/repos/{owner_and_name}/contents/{quote(path)}?ref={push.after}"
    return Located(**fields, location=fields["document"], contents=contents)


def _last_word(push: Push) -> dict[str, bool]:
    """Every path named, and whether it stands after the last commit."""
    found: dict[str, bool] = {}
    for commit in push.commits:
        found |= dict.fromkeys(commit.removed, False)
        found |= dict.fromkeys([*commit.added, *commit.modified], True)
    return found


def _time(push: Push) -> str:
    """GitHub's own time of the push: that of the CloudEvent is new each time the push is delivered."""
    return of_epoch(push.repository.pushed_at) if isinstance(push.repository.pushed_at, int) else ""
