"""A folder and the store that follows it."""

from pathlib import Path

from functions.ingest.listing import Folder, folder_source
from functions.ingest.reconcile import Report, reconcile
from functions.ingest.upsert import Upserter
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import Store


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.md").write_text(f"# {name}\n\n" + "\n\n".join(lines))


def chunk_of(document: str, text: str) -> Chunk:
    return Chunk(document, 0, "Title", "", "", text)


class Source:
    """A folder and the store that follows it."""

    def __init__(self, folder: Path, settings: Settings, upserter: Upserter) -> None:
        self.folder, self.settings, self.upserter = folder, settings, upserter

    def reconcile(self, *, force: bool = False, dry_run: bool = False) -> Report:
        listing = Folder(self.folder, folder_source(self.folder))
        return reconcile("", self.settings, listing=listing, upserter=self.upserter, force=force, dry_run=dry_run)

    async def texts(self) -> dict[str, list[str]]:
        store = Store(self.settings)
        head = await store.head()
        found: dict[str, list[str]] = {}
        for row in await store.rows(head) if head else []:
            found.setdefault(row.chunk.document, []).append(row.chunk.text)
        await store.close()
        return found

    async def version(self) -> str:
        store = Store(self.settings)
        head = await store.head()
        await store.close()
        return head.corpus_version if head else ""
