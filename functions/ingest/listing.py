"""What a source holds now: a folder, a bucket, a list of pages. reconcile.py compares it with the store.

A listing that could not be read to its end says so (`problems`): what it does not show may still be there.
"""

import os
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

import httpx

from functions.ingest.events import Published
from functions.ingest.ledger import Entry
from functions.ingest.media import by_name
from functions.shared.problem import Problem, Refused


@dataclass(frozen=True, slots=True)
class Place:
    """One document as its source names it."""

    document: str  # its id
    where: str  # path or address


@dataclass(frozen=True, slots=True)
class Look:
    """All a source holds; complete when there are no problems."""

    places: tuple[Place, ...]
    problems: tuple[str, ...] = ()


# Address and validator → what lies there, or None when it has not changed since that was given. Raises a Problem.
Fetch = Callable[[str, str], Published | None]


class Unreadable(Refused):
    """A document is listed, and what it says is not to be had."""


class Listing(Protocol):
    """A source of documents."""

    @property
    def source(self) -> str:
        """What the events of its documents name as theirs."""
        ...

    def look(self) -> Look:
        """All documents, without reading them. Raises Refused for a source that is none."""
        ...

    def owns(self, document: str, entry: Entry) -> bool:
        """Whether a document in the store is this source's to remove."""
        ...

    def read(self, place: Place, validator: str) -> Published | None:
        """A document, or None when it is what `validator` was given for. Raises a Problem."""
        ...


def now() -> str:
    """The time as events tell it: UTC with six decimals."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def folder_source(folder: Path) -> str:
    """How a folder is called as a source: by its name, since its path differs between a laptop and the image."""
    return f"/folder/{quote(folder.resolve().name)}"


@dataclass(frozen=True)
class Folder:
    """Files of the accepted kinds, from sub-folders as well; an id is the path without its extension.

    Hidden files and every README.md are left out.
    """

    folder: Path
    source: str

    def look(self) -> Look:
        """As Listing says. Two files that would have one id are a problem: the first in order is the document."""
        if not self.folder.is_dir():
            raise Refused(f"{self.folder} is no folder.")
        problems: list[str] = []
        found: dict[str, Place] = {}
        for path in sorted(self._files(problems)):
            document = path.relative_to(self.folder).with_suffix("").as_posix()
            if document in found:
                twin = Path(found[document].where).name
                problems.append(f"{path.name} and {twin} would have the same id {document}: rename one of them.")
            else:
                found[document] = Place(document, str(path))
        return Look(tuple(found.values()), tuple(problems))

    def _files(self, problems: list[str]) -> Iterator[Path]:
        def unreadable(error: OSError) -> None:
            problems.append(f"{error.filename} cannot be read: {error.strerror}.")

        for parent, folders, files in os.walk(self.folder, onerror=unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                if by_name(name) and not name.startswith(".") and name.lower() != "readme.md":
                    yield Path(parent, name)

    def owns(self, document: str, entry: Entry) -> bool:
        """By the name that its events bore."""
        return entry.source == self.source

    def read(self, place: Place, validator: str) -> Published:
        """The file. Raises Unreadable."""
        time = now()
        try:
            content = Path(place.where).read_bytes()
        except OSError as cause:
            raise Unreadable(f"{place.where} cannot be read: {cause.strerror}.") from cause
        return Published(uuid.uuid4().hex, self.source, place.document, time, "", content, by_name(place.where))


@dataclass(frozen=True)
class Bucket:
    """Objects of the accepted kinds below s3://bucket/prefix; an object's address is its id.

    Listed by ListObjectsV2 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html), page by page.
    """

    source: str
    fetch: Fetch

    def look(self) -> Look:
        """As Listing says. A page that fails ends the listing."""
        url = urlsplit(self.source)
        prefix = unquote(url.path.lstrip("/"))
        found: list[Place] = []
        token = ""
        while True:
            # In the order and encoding in which the request is signed.
            query = f"continuation-token={quote(token, safe='')}&" if token else ""
            query += f"list-type=2&prefix={quote(prefix, safe='')}"
            try:
                page = _xml(self.fetch(f"s3://{url.netloc}/?{query}", ""))
            except Problem as problem:
                return Look(tuple(found), (f"{self.source} could not be listed: {problem.detail}",))
            keys = [node.findtext("{*}Key", "") for node in page.iterfind("{*}Contents")]
            places = (self._place(url.netloc, key) for key in keys if by_name(key))
            found += [place for place in places if self.owns(place.document, Entry())]  # not s3://bucket/prefix-2
            token = page.findtext("{*}NextContinuationToken", "")
            if page.findtext("{*}IsTruncated", "false") != "true":
                return Look(tuple(found))
            if not token:
                return Look(tuple(found), (f"{self.source}: the listing ends before its end.",))

    def _place(self, bucket: str, key: str) -> Place:
        address = str(httpx.URL(f"s3://{bucket}/{quote(key, safe='/')}"))  # as events name it
        return Place(address, address)

    def owns(self, document: str, entry: Entry) -> bool:
        """By its address, whoever sent the event."""
        return document == self.source or document.startswith(f"{self.source.rstrip('/')}/")

    def read(self, place: Place, validator: str) -> Published | None:
        """The object."""
        return self.fetch(place.where, validator)


@dataclass(frozen=True)
class Site:
    """Pages named by a list: a sitemap, an index of sitemaps, or a text file with an address a line.

    A page's address is its id. Addresses of other hosts are a problem.
    """

    source: str
    fetch: Fetch
    most_lists: int = field(default=50, kw_only=True)

    def look(self) -> Look:
        """As Listing says."""
        home = httpx.URL(self.source)
        lists, found, problems = [self.source], dict[str, Place](), list[str]()
        for number, address in enumerate(lists):
            if number == self.most_lists:
                problems.append(f"{self.source} names more than {self.most_lists} lists.")
                break
            try:
                pages, more = _addresses(self.fetch(address, ""))
            except Problem as problem:
                problems.append(f"{address} could not be read: {problem.detail}")
                continue
            lists += [one for one in more if one not in lists]
            for page in pages:
                try:
                    url = httpx.URL(address).join(page)
                except httpx.InvalidURL:
                    problems.append(f"{page[:200]} in {address} is no address.")
                    continue
                if (url.scheme, url.netloc) != (home.scheme, home.netloc):
                    problems.append(f"{url} is of another host than {self.source}.")
                else:
                    found[str(url)] = Place(str(url), str(url))
        return Look(tuple(found.values()), tuple(problems))

    def owns(self, document: str, entry: Entry) -> bool:
        """By the list that named it."""
        return entry.source == self.source

    def read(self, place: Place, validator: str) -> Published | None:
        """The page."""
        return self.fetch(place.where, validator)


def _addresses(fetched: Published | None) -> tuple[list[str], list[str]]:
    """Pages, and further lists."""
    text = fetched.content.lstrip() if fetched else b""
    if not text.startswith(b"<"):
        lines = (line.strip() for line in text.decode("utf-8", "replace").splitlines())
        return [line for line in lines if line and not line.startswith("#")], []
    root = _xml(fetched)
    named = [node.text.strip() for node in root.iterfind("{*}*/{*}loc") if node.text]
    return ([], named) if root.tag.endswith("sitemapindex") else (named, [])


def _xml(fetched: Published | None) -> ElementTree.Element:
    """Parsed; expat refuses entities that grow beyond measure."""
    try:
        return ElementTree.fromstring(fetched.content if fetched else b"")  # noqa: S314
    except ElementTree.ParseError as cause:
        raise Refused(f"it is no XML: {cause}.") from cause
