"""A whole source against the store, over a real Chroma: added, changed, removed, and what stays."""

from pathlib import Path

import pytest

from functions.ingest.listing import Folder, Look, folder_source
from functions.ingest.reconcile import reconcile
from functions.shared.embed import Embedder
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from tests.conftest import MODEL
from tests.ingest.events import published, withdrawn
from tests.ingest.reconcile.followed import Source, chunk_of, write
from tests.processes import free_port


async def test_everything_is_added_and_then_nothing_is_done(source: Source) -> None:
    report = source.reconcile()
    assert (report.added, report.unchanged, report.embedded) == (["d0", "d1", "d2", "d3"], 0, 4)
    assert await source.texts() == {f"d{n}": [f"Document number {n}."] for n in range(4)}
    before = await source.version()
    again = source.reconcile()
    assert (again.unchanged, again.moved, again.embedded) == (4, False, 0)
    assert await source.version() == before
    assert str(again) == "4 documents, 4 unchanged."


async def test_what_changed_is_changed_and_what_is_gone_is_removed(source: Source) -> None:
    source.reconcile()
    write(source.folder, "d1", "Another text.")
    (source.folder / "d2.md").unlink()
    write(source.folder, "d4", "New.")
    report = source.reconcile()
    assert (report.added, report.changed, report.removed, report.unchanged) == (["d4"], ["d1"], ["d2"], 2)
    assert sorted(await source.texts()) == ["d0", "d1", "d3", "d4"]
    assert (await source.texts())["d1"] == ["Another text."]


async def test_a_plan_is_only_a_plan(source: Source) -> None:
    source.reconcile()
    before, version = await source.texts(), await source.version()
    write(source.folder, "d1", "Another text.")
    (source.folder / "d2.md").unlink()
    report = source.reconcile(dry_run=True)
    assert (report.changed, report.removed, report.moved) == (["d1"], ["d2"], False)
    assert (await source.texts(), await source.version()) == (before, version)


async def test_more_than_three_in_ten_are_removed_only_by_force(source: Source) -> None:
    source.reconcile()
    for gone in ("d0", "d1"):
        (source.folder / f"{gone}.md").unlink()
    report = source.reconcile()
    assert (report.removed, report.kept) == ([], ["d0", "d1"])
    assert "--force" in str(report)
    assert len(await source.texts()) == 4
    assert source.reconcile(force=True).removed == ["d0", "d1"]
    assert sorted(await source.texts()) == ["d2", "d3"]


async def test_an_empty_folder_empties_nothing(source: Source) -> None:
    source.reconcile()
    for file in source.folder.iterdir():
        file.unlink()
    assert len(source.reconcile().kept) == 4
    assert len(await source.texts()) == 4


class Cut(Folder):
    """A folder of which not all could be listed."""

    def look(self) -> Look:
        whole = super().look()
        return Look(whole.places[:-1], ("the disk is on fire.",))


async def test_after_an_incomplete_listing_nothing_is_removed_not_even_by_force(source: Source) -> None:
    source.reconcile()
    write(source.folder, "d0", "Another text.")
    listing = Cut(source.folder, folder_source(source.folder))
    report = reconcile("", source.settings, listing=listing, upserter=source.upserter, force=True)
    assert (report.changed, report.removed, report.kept) == (["d0"], [], ["d3"])
    assert str(report).endswith("1 that are gone stay, because the listing is incomplete: the disk is on fire.")
    assert "d3" in await source.texts()


async def test_after_a_document_that_cannot_be_read_nothing_is_removed(source: Source) -> None:
    source.reconcile()
    (source.folder / "d0.md").unlink()
    (source.folder / "d1.md").unlink()
    (source.folder / "d1.md").symlink_to(source.folder / "nowhere.md")
    report = source.reconcile(force=True)
    assert list(report.failed) == ["d1"]
    assert (report.removed, report.kept) == ([], ["d0"])
    assert len(await source.texts()) == 4


async def test_documents_of_other_sources_are_left_to_them(source: Source) -> None:
    source.upserter.upsert(published("x", document="theirs", source="/else"), [chunk_of("theirs", "Theirs.")])
    source.upserter.upsert(published("x", document="d0", source="/else"), [chunk_of("d0", "Theirs too.")])
    report = source.reconcile(force=True)
    assert (report.elsewhere, report.added) == ({"d0": "/else"}, ["d1", "d2", "d3"])
    (source.folder / "d0.md").unlink()
    assert source.reconcile(force=True).removed == []
    assert (await source.texts())["d0"] == ["Theirs too."]
    assert "theirs" in await source.texts()


async def test_what_another_source_withdrew_is_not_brought_back(source: Source) -> None:
    source.reconcile()
    source.upserter.upsert(withdrawn("d0", minute=59, source="/owner", year="2099"), [], "withdrawn")
    report = source.reconcile()
    assert report.elsewhere == {"d0": "/owner"}
    assert "d0" not in await source.texts()


async def test_what_the_source_removed_comes_back_with_it(source: Source) -> None:
    source.reconcile()
    text = (source.folder / "d0.md").read_text()
    (source.folder / "d0.md").unlink()
    assert source.reconcile().removed == ["d0"]
    (source.folder / "d0.md").write_text(text)
    assert source.reconcile().added == ["d0"]
    assert "d0" in await source.texts()


async def test_a_document_that_turns_never_is_refused_and_removed(source: Source) -> None:
    source.reconcile()
    (source.folder / "d0.md").write_text("---\naudience: never\n---\nPrivate.")
    report = source.reconcile()
    assert report.removed == ["d0"]
    assert "audience is never" in report.failed["d0"]
    assert "d0" not in await source.texts()
    assert source.reconcile().removed == []


async def test_a_document_that_is_refused_keeps_none_of_the_others_out(source: Source) -> None:
    (source.folder / "d1.md").write_text("---\naudience: all\n---\nx")
    report = source.reconcile()
    assert (report.added, list(report.failed)) == (["d0", "d2", "d3"], ["d1"])


async def test_a_name_with_personal_data_is_refused_and_not_repeated(source: Source) -> None:
    write(source.folder, "cv 0170 1234567", "Text.")
    report = source.reconcile()
    assert (len(report.added), list(report.failed)) == (4, ["[id with personal data]"])
    assert "1234567" not in str(report.failed)


def test_without_chroma_it_can_be_tried_later(folder: Path, embedder: Embedder) -> None:
    with pytest.raises(StoreUnreachable):
        reconcile(str(folder), Settings(chroma_url=f"http://127.0.0.1:{free_port()}", model_dir=str(MODEL)))
