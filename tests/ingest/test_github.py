import json
from typing import Any

import pytest

from functions.ingest.events import Envelope, Located, Several, Withdrawn
from functions.ingest.events.github import pushed
from functions.shared.problem import Malformed, Problem, Refused
from functions.shared.settings import Settings

SETTINGS = Settings(sources="https://github.com/Codertocat/Hello-World/tree/main/docs/")
AFTER = "1481a2de7b2a7d02428ad93446ab166be7793fbb"
BLOB = "https://github.com/Codertocat/Hello-World/blob/main"


def commit(added: list[str] | None = None, modified: list[str] | None = None, removed: list[str] | None = None) -> Any:
    return {
        "id": AFTER,
        "timestamp": "2019-05-15T15:20:33Z",
        "message": "a change",
        "author": {"name": "A", "email": "a@example.org"},
        "added": added or [],
        "modified": modified or [],
        "removed": removed or [],
    }


def push(*commits: Any, **changes: Any) -> Several:
    """A push as GitHub documents it, shortened to what tells something."""
    body = {
        "ref": "refs/heads/main",
        "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        "after": AFTER,
        "repository": {
            "id": 186853002,
            "name": "Hello-World",
            "full_name": "Codertocat/Hello-World",
            "html_url": "https://github.com/Codertocat/Hello-World",
            "url": "https://github.com/Codertocat/Hello-World",
            "pushed_at": 1557933657,
            "master_branch": "main",
        },
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": "https://github.com/Codertocat/Hello-World/compare/6113728f27ae...000000000000",
        "commits": list(commits),
        "head_commit": commits[-1] if commits else None,
        **changes,
    }
    attributes = {
        "type": "com.github.push",
        "source": "https://api.github.com/repos/Codertocat/Hello-World",
        "id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "subject": "refs/heads/main",
        "time": "2026-01-01T00:00:00Z",
    }
    return pushed(Envelope(attributes, json.dumps(body).encode(), "application/json"), SETTINGS)


def told(found: Several) -> dict[str, str]:
    return {change.document.removeprefix(BLOB): type(change).__name__ for change in found.changes}


def test_what_changed_below_a_source_is_fetched_and_what_was_removed_withdrawn() -> None:
    found = push(commit(added=["docs/a.md", "src/x.md"], modified=["docs/cv.pdf"], removed=["docs/old.md"]))
    assert told(found) == {"/docs/a.md": "Located", "/docs/cv.pdf": "Located", "/docs/old.md": "Withdrawn"}


def test_a_file_is_asked_for_at_the_last_commit() -> None:
    (found,) = push(commit(added=["docs/über mich.md"])).changes
    assert isinstance(found, Located)
    assert found.location == f"{BLOB}/docs/%C3%BCber%20mich.md"
    assert found.contents == f"/repos/Codertocat/Hello-World/contents/docs/%C3%BCber%20mich.md?ref={AFTER}"


def test_the_last_commit_has_the_last_word() -> None:
    found = push(commit(added=["docs/a.md"], removed=["docs/b.md"]), commit(added=["docs/b.md"], removed=["docs/a.md"]))
    assert told(found) == {"/docs/a.md": "Withdrawn", "/docs/b.md": "Located"}


def test_files_that_are_no_documents_are_left_alone() -> None:
    assert push(commit(added=["docs/main.py", "docs/README.md", "docs/data.json"])).changes == ()


def test_the_time_is_that_of_the_push_and_not_of_its_delivery() -> None:
    (found,) = push(commit(removed=["docs/a.md"])).changes
    assert isinstance(found, Withdrawn)
    assert found.time == "2019-05-15T15:20:57.000000Z"


@pytest.mark.parametrize("ref", ["refs/heads/other", "refs/tags/docs", "refs/heads/main2"])
def test_a_push_elsewhere_in_the_repository_changes_nothing(ref: str) -> None:
    assert push(commit(added=["docs/a.md"]), ref=ref, forced=True).changes == ()


@pytest.mark.parametrize(
    ("changes", "problem", "says"),
    [
        ({"forced": True}, Refused, "every file"),
        ({"deleted": True}, Refused, "every file"),
        ({"created": True, "commits": []}, Refused, "every file"),
        ({"commits": [commit()] * 2048}, Refused, "every file"),
        ({"repository": {"html_url": "https://github.com/Codertocat/Other"}}, Refused, "SOURCES"),
        ({"repository": {"html_url": "https://github.com/a/b/../../Codertocat/Hello-World"}}, Malformed, "html_url"),
        ({"after": "../../other"}, Malformed, "after"),
        ({"ref": 3}, Malformed, "ref"),
    ],
)
def test_a_push_that_cannot_be_followed_is_a_precise_problem(
    changes: dict[str, Any], problem: type[Problem], says: str
) -> None:
    with pytest.raises(problem, match=says):
        push(commit(added=["docs/a.md"]), **changes)
