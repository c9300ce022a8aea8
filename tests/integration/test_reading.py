"""The manifest is read to its last byte, or an error is raised: never half of it taken for the whole."""

import hashlib
from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.response import StreamingBody
from urllib3.exceptions import ProtocolError, SSLError

from aws.s3_manifests import CHUNK_BYTES
from core.errors import AccessDeniedError, PermanentError, RetryableError
from tests.builders import manifest
from tests.integration.conftest import Configure
from tests.integration.world import AT_MANIFESTS, MANIFESTS, Inbox, Json, World, good, good_keys, image

BROKEN = [
    ReadTimeoutError(endpoint_url="https://s3"),
    ResponseStreamingError(error="cut"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    FlexibleChecksumError(error_msg="Expected checksum a did not match b"),
    SSLError("cut"),
    ProtocolError("cut"),
]

UNCHANGED = {"inspect_images": "none", "rule_severities": {}}


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_stream_that_breaks_off(world: World, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    world.put_images()
    event = world.drop()

    def breaks_off(*_: object) -> Iterator[bytes]:
        yield good()
        raise error

    monkeypatch.setattr("botocore.response.StreamingBody.iter_chunks", breaks_off)
    with pytest.raises(RetryableError, match=r"Reading s3://drop-here/train/my\.manifest failed on the way"):
        world.invoke(event)
    assert [world.outputs(), inbox.messages()] == [[], []]


def test_body_that_is_shorter_than_promised(world: World) -> None:
    event = world.drop()
    etag = event["Records"][0]["s3"]["object"]["eTag"]
    world.wire.answer("GetObject", 200, good().decode(), where=AT_MANIFESTS, ETag=f'"{etag}"', Content_Length="99999")

    with pytest.raises(RetryableError, match="failed on the way"):
        world.invoke(event)
    assert world.outputs() == []


@pytest.mark.parametrize(
    ("error", "family"),
    [
        (EndpointConnectionError(endpoint_url="https://s3"), RetryableError),
        (ConnectTimeoutError(endpoint_url="https://s3"), RetryableError),
        (ReadTimeoutError(endpoint_url="https://s3"), RetryableError),
        (NoCredentialsError(), PermanentError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_request_that_does_not_arrive(world: World, error: Exception, family: type[Exception]) -> None:
    event = world.drop()
    world.wire.break_off("GetObject", error, where=AT_MANIFESTS)

    with pytest.raises(family, match=r"Reading s3://drop-here/train/my\.manifest"):
        world.invoke(event)


def test_stream_is_closed_where_reading_stops_early(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, close = [], StreamingBody.close

    def note(body: StreamingBody) -> None:
        closed.append(True)
        close(body)

    event = world.drop(b"\x1f\x8b" + b"x" * 3 * CHUNK_BYTES)
    monkeypatch.setattr(StreamingBody, "close", note)
    (manifest,) = world.invoke(event)["manifests"]

    assert manifest["verdict"] == "INVALID"
    assert closed == [True]


def test_many_chunks(world: World) -> None:
    lines = [image(key) | {"note": "ä" * 20_000} for key in good_keys(90)]
    body = manifest(*lines)
    assert len(body) > 3 * CHUNK_BYTES
    world.put_images(good_keys(90))

    report = world.judge(world.drop(body + b"{\n"))

    assert report["statistics"]["lines"]["total"] == 91
    assert report["manifest"]["sha256"] == hashlib.sha256(body + b"{\n").hexdigest()
    assert world.read(report["files"]["accepted.manifest"]["key"]) == body


def test_exactly_the_bytes_of_the_event_are_asked_for(world: World) -> None:
    world.put_images()
    event = world.drop(good() + b"{\n")
    told = event["Records"][0]["s3"]["object"]
    world.invoke(event)

    reads = [call for call in world.wire.calls if call.operation == "GetObject" and call.bucket == MANIFESTS]
    assert len(reads) == 2
    for call in reads:
        assert call.query["versionId"] == [told["versionId"]]
        assert call.headers["if-match"] == f'"{told["eTag"]}"'


def test_null_version_is_pinned_by_its_etag_alone(world: World) -> None:
    world.version(MANIFESTS, "Suspended")
    event = world.drop(b"{\n")
    event["Records"][0]["s3"]["object"]["versionId"] = "null"
    world.judge(event)

    reads = [call for call in world.wire.calls if call.operation == "GetObject" and call.bucket == MANIFESTS]
    assert len(reads) == 2  # to judge it, and for the text of the line
    for read in reads:
        assert "versionId" not in read.query
        assert "if-match" in read.headers
    etag = event["Records"][0]["s3"]["object"]["eTag"]
    assert world.report_keys() == [f"{MANIFESTS}/train/my.manifest/{etag}/report.json"]


@pytest.mark.parametrize("direct", [False, True])
def test_archived_manifest(world: World, inbox: Inbox, direct: bool) -> None:  # noqa: FBT001
    event: Json = world.drop(b"{\n", StorageClass="GLACIER")
    version = event["Records"][0]["s3"]["object"]["versionId"]
    if direct:
        event = {"bucket": MANIFESTS, "key": "train/my.manifest"}

    report = world.judge(event)

    assert report["totals"] == {"manifest-archived": 1}
    assert report["manifest"]["version"] == version
    assert report["manifest"]["size"] == 2
    assert world.report_keys() == [f"{MANIFESTS}/train/my.manifest/{version}/report.json"]
    assert inbox.verdicts() == ["INVALID"]


def test_archived_manifest_that_is_gone_meanwhile(world: World) -> None:
    event = world.drop(b"{\n", StorageClass="GLACIER")
    version = event["Records"][0]["s3"]["object"]["versionId"]

    def happening() -> None:
        world.s3.delete_object(Bucket=MANIFESTS, Key="train/my.manifest", VersionId=version)

    world.wire.before("HeadObject", happening, where=AT_MANIFESTS)

    assert world.invoke(event)["manifests"][0]["outcome"] == "superseded"


def test_archived_manifest_that_may_not_be_looked_at(world: World) -> None:
    event = world.drop(b"{\n", StorageClass="GLACIER")
    world.wire.fail("HeadObject", 403, where=AT_MANIFESTS)

    with pytest.raises(AccessDeniedError, match=r"Looking at s3://drop-here/train/my\.manifest was denied"):
        world.invoke(event)
    assert world.outputs() == []


def test_manifest_with_a_content_encoding_is_read_as_it_lies_there(world: World) -> None:
    report = world.judge(world.drop(b"\x1f\x8b\x08\x00 and so on", ContentEncoding="gzip"))

    assert set(report["totals"]) == {"manifest-not-utf8"}


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "InvalidArgument", r"was refused \(InvalidArgument: .*\)\.$"),
        (400, "ExpiredToken", "Check the AWS credentials"),
        (403, "InvalidAccessKeyId", "Check the AWS credentials"),
        (403, "RequestTimeTooSkewed", "the clock"),
    ],
)
def test_refusal_tells_what_to_mend(world: World, status: int, code: str, message: str) -> None:
    event = world.drop()
    world.wire.fail("GetObject", status, code, where=AT_MANIFESTS)

    with pytest.raises(PermanentError, match=message) as refused:
        world.invoke(event)
    assert "Grant" not in str(refused.value)


def metadata(**choices: str) -> dict[str, dict[str, str]]:
    return {"Metadata": {name.replace("_", "-"): value for name, value in choices.items()}}


def test_metadata_chooses_where_that_is_allowed(world: World, configure: Configure) -> None:
    configure(ALLOW_MANIFEST_METADATA="true")
    world.put_images()
    chosen = metadata(consumer="lookout-for-vision", dataset_role="test", label_attribute="other-label")

    report = world.judge(world.drop(**chosen))

    assert (
        report["consumer"]
        == {"name": "lookout-for-vision", "role": "test", "label_attribute": "other-label"} | UNCHANGED
    )
    assert report["verdict"] == "INVALID"


@pytest.mark.parametrize("name", ["consumer", "dataset-role"])
def test_metadata_that_is_no_choice(world: World, configure: Configure, name: str) -> None:
    configure(ALLOW_MANIFEST_METADATA="true")
    world.put_images()

    report = world.judge(world.drop(Metadata={name: "nobody"}))

    (finding,) = report["findings"]
    assert (finding["rule"], finding["field"], finding["value"]) == (
        "manifest-metadata-invalid",
        f"x-amz-meta-{name}",
        "nobody",
    )


@pytest.mark.parametrize("allowed", ["", "false"])
def test_metadata_does_not_choose_the_judge(world: World, configure: Configure, allowed: str) -> None:
    configure(ALLOW_MANIFEST_METADATA=allowed)
    world.put_images()

    report = world.judge(world.drop(**metadata(consumer="nobody", dataset_role="test", label_attribute="other")))

    assert report["consumer"] == {"name": "lookout-for-vision", "role": None, "label_attribute": None} | UNCHANGED
    assert report["verdict"] == "VALID"
