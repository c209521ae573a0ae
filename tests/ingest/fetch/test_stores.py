"""S3, Azure and GitHub: signed, asked in their way, and what each says of a document that is gone."""

import re
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from functions.ingest.events import Withdrawn
from functions.ingest.fetch import fetch
from functions.shared.problem import Problem, Refused
from functions.shared.settings import Settings
from tests.fake_s3 import KEY, REGION, SECRET, FakeS3
from tests.ingest.fetch.located import MARKDOWN, at, got, located


@pytest.fixture
def s3(httpserver: HTTPServer) -> FakeS3:
    """A bucket with one object whose key needs encoding."""
    made = FakeS3()
    meta = {"x-amz-meta-title": "M%C3%BCller", "x-amz-meta-audience": "on-request", "x-amz-meta-uri": "/cv"}
    made.objects["/bucket/cv/f%C3%BCr%20C%2B%2B.md"] = b"# CV", meta
    httpserver.expect_request(re.compile(".*")).respond_with_handler(made)
    return made


def bucket(server: HTTPServer, **more: Any) -> Settings:
    keys = {"s3_access_key_id": KEY, "s3_secret_access_key": SECRET, "s3_region": REGION}
    given = {"s3_endpoint": server.url_for("/"), "private_hosts": "localhost", **keys, **more}
    return Settings(sources="s3://bucket/ s3://other/", **given)


OBJECT = "s3://bucket/cv/f%C3%BCr%20C%2B%2B.md"


async def test_an_object_is_asked_for_in_path_style_and_signed(httpserver: HTTPServer, s3: FakeS3) -> None:
    found = await got(OBJECT, bucket(httpserver), state=True)
    assert (found.content, found.content_type) == (b"# CV", MARKDOWN)
    assert (found.title, found.audience, found.uri, found.found_at) == ("Müller", "on-request", "/cv", "")
    assert await fetch(located(OBJECT, state=True), found.validator, bucket(httpserver)) is None


async def test_an_object_that_is_gone_is_withdrawn(httpserver: HTTPServer, s3: FakeS3) -> None:
    found = await fetch(located("s3://bucket/cv/gone.md", state=True), "", bucket(httpserver))
    assert found == Withdrawn("1", "/tests", "doc", "2026-01-01T00:00:00.000000Z", "")
    with pytest.raises(Refused, match="no document"):
        await fetch(located("s3://bucket/cv/gone.md"), "", bucket(httpserver))


async def test_a_bucket_that_is_gone_tells_nothing_of_its_objects(httpserver: HTTPServer, s3: FakeS3) -> None:
    with pytest.raises(Refused, match="404"):
        await fetch(located("s3://other/cv.md", state=True), "", bucket(httpserver))


@pytest.mark.parametrize("wrong", [{"s3_secret_access_key": "wrong"}, {"s3_region": "us-east-1"}])
async def test_a_wrong_key_or_region_is_refused(httpserver: HTTPServer, s3: FakeS3, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused, match="credentials") as caught:
        await fetch(located(OBJECT, state=True), "", bucket(httpserver, **wrong))
    assert SECRET not in caught.value.detail


async def test_half_a_key_is_refused(httpserver: HTTPServer) -> None:
    with pytest.raises(Refused, match="S3_SECRET_ACCESS_KEY"):
        await fetch(located(OBJECT), "", bucket(httpserver, s3_secret_access_key=""))


async def test_a_store_does_not_redirect(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/bucket/cv.md").respond_with_data(status=301, headers={"Location": "/"})
    with pytest.raises(Refused, match="endpoint, region or name"):
        await fetch(located("s3://bucket/cv.md"), "", bucket(httpserver))


def account(server: HTTPServer, **more: Any) -> Settings:
    return replace(at(server), blob_endpoint=server.url_for("/acct").rstrip("/"), **more)


async def test_a_blob_is_asked_for_with_the_shared_access_signature(httpserver: HTTPServer) -> None:
    sas = {"sv": "2024-11-04", "sig": "a+b/c="}
    told = {"x-ms-meta-title": "CV", "Content-Type": "application/octet-stream"}
    httpserver.expect_request("/acct/docs/cv.md", query_string=sas).respond_with_data(b"# CV", headers=told)
    settings = account(httpserver, blob_sas_token="?sv=2024-11-04&sig=a%2Bb%2Fc%3D")
    found = await got(httpserver.url_for("/acct/docs/cv.md"), settings, state=True)
    assert (found.content, found.title, found.uri, found.found_at) == (b"# CV", "CV", "", "")


async def test_a_signature_shows_in_no_message(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/acct/docs/cv.md").respond_with_data(status=403)
    with pytest.raises(Refused) as caught:
        await fetch(located(httpserver.url_for("/acct/docs/cv.md")), "", account(httpserver, blob_sas_token="sig=abc"))
    assert "abc" not in caught.value.detail


async def test_a_blob_is_asked_for_with_a_bearer_token_and_no_other_page_is(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/acct/cv.md", headers={"Authorization": "Bearer tok"}).respond_with_data(b"# CV")
    httpserver.expect_request("/account2/cv.md").respond_with_data(b"# CV")
    settings = account(httpserver, blob_bearer_token="tok")
    await got(httpserver.url_for("/acct/cv.md"), settings)
    await got(httpserver.url_for("/account2/cv.md"), settings)
    assert "Authorization" not in httpserver.log[1][0].headers


@pytest.mark.parametrize(("code", "outcome"), [("BlobNotFound", "Withdrawn"), ("ContainerNotFound", "Refused")])
async def test_a_blob_that_is_gone_is_withdrawn(httpserver: HTTPServer, code: str, outcome: str) -> None:
    told = {"x-ms-error-code": code}
    httpserver.expect_request("/acct/cv.md").respond_with_data(status=404, headers=told)
    try:
        found: Any = await fetch(located(httpserver.url_for("/acct/cv.md"), state=True), "", account(httpserver))
    except Problem as problem:
        found = problem
    assert type(found).__name__ == outcome


async def test_a_file_on_github_is_asked_of_its_api(httpserver: HTTPServer) -> None:
    wanted = {"Authorization": "Bearer tok", "Accept": "application/vnd.github.raw+json"}
    raw = "application/vnd.github.raw+json; charset=utf-8"
    httpserver.expect_request(
        "/repos/me/site/contents/a b.md", query_string="ref=abc", headers=wanted
    ).respond_with_data(b"# CV", content_type=raw)
    page = "https://github.com/me/site/blob/main/a%20b.md"
    settings = replace(at(httpserver), sources="https://github.com/me/", github_api_url=httpserver.url_for(""))
    found = await got(page, replace(settings, github_token="tok"), contents="/repos/me/site/contents/a%20b.md?ref=abc")
    assert (found.content, found.content_type, found.found_at) == (b"# CV", MARKDOWN, page)
