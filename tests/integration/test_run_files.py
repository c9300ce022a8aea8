"""What is written beside the report: whole, true, and never half."""

import hashlib
from collections import Counter

import pytest
from botocore.exceptions import ReadTimeoutError

from aws.s3_upload import PART_BYTES, S3Upload
from core.errors import RetryableError
from tests.builders import manifest
from tests.integration.conftest import Configure
from tests.integration.world import MANIFESTS, REPORTS, Inbox, Json, World, good, good_keys, image

MIXED = [
    manifest(image("images/00000.png")),
    b"\n",
    manifest(image("images/00001.png")).replace(b"\n", b"\r\n"),
    b"{\n",
    manifest(image("images/00002.png")),
    manifest(image("images/00003.png")),
    manifest(image("images/00003.png", "anomaly")),
    manifest(image("images/missing.png")),
    manifest(image("images/00004.png")).rstrip(),
]


def assert_files_are_true(world: World, report: Json) -> None:
    folder = f"{MANIFESTS}/{report['manifest']['key']}/{report['manifest']['version']}/{report['run']}/"
    for name, file in report["files"].items():
        content = world.read(file["key"])
        assert file == {
            "key": folder + name,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_accepted_lines_byte_for_byte(world: World, start: bytes) -> None:
    world.put_images()
    body = start + b"".join(MIXED)
    report = world.judge(world.drop(body))

    assert report["accepted"] == "some"
    assert set(report["files"]) == {"findings.jsonl", "accepted.manifest", "report.html"}
    assert_files_are_true(world, report)
    assert world.read(report["files"]["accepted.manifest"]["key"]) == MIXED[0] + MIXED[2] + MIXED[4] + MIXED[8]
    assert report["manifest"]["sha256"] == hashlib.sha256(body).hexdigest()
    assert report["manifest"]["size"] == len(body)


def test_accepted_lines_can_be_dropped_and_are_valid(world: World) -> None:
    world.put_images()
    report = world.judge(world.drop(good() + b"{\n"))
    accepted = world.read(report["files"]["accepted.manifest"]["key"])

    assert accepted == good()
    assert world.judge(world.drop(accepted, key="again.manifest"))["verdict"] == "VALID"


@pytest.mark.parametrize(("body", "accepted"), [(b"{\n", "none"), (good(), "all"), (b"", "none"), (b"\n\n", "none")])
def test_no_accepted_lines_file_where_it_would_say_nothing(world: World, body: bytes, accepted: str) -> None:
    world.put_images()
    report = world.judge(world.drop(body))

    assert report["accepted"] == accepted
    assert "accepted.manifest" not in report["files"]
    assert_files_are_true(world, report)


def test_findings_file_is_complete_and_equals_the_totals(world: World, configure: Configure) -> None:
    configure(MAX_FINDINGS_PER_RULE="3", MAX_FINDINGS="5")
    world.put_images(good_keys(40)[20:])
    report = world.judge(world.drop(good(good_keys(40)) + b"{\n" * 10 + b"[]\n" * 10))

    written = world.findings_file(report)

    assert Counter(finding["rule"] for finding in written) == report["totals"]
    assert report["totals"]["image-not-found"] == 20
    assert report["totals"]["line-invalid-json"] == 10
    assert report["capped"] is True
    assert len(report["findings"]) == 5
    assert {finding["line"] for finding in written if finding["rule"] == "image-not-found"} == set(range(1, 21))
    assert set(written[0]) >= {"rule", "severity", "line", "field", "value", "message", "fix"}
    assert_files_are_true(world, report)


def test_report_lists_so_many_findings_of_a_rule(world: World, configure: Configure) -> None:
    configure(MAX_FINDINGS_PER_RULE="3")
    report = world.judge(world.drop(good() + b"{\n" * 5))

    listed = Counter(finding["rule"] for finding in report["findings"])
    assert (listed["line-invalid-json"], report["totals"]["line-invalid-json"]) == (3, 5)
    assert report["capped"] is True


def test_each_run_has_files_of_its_own(world: World) -> None:
    event = world.drop(b"{\n")
    call = {"bucket": MANIFESTS, "key": "train/my.manifest"}
    reports = [world.judge(event, request="one")] + [world.judge(call, request=name) for name in ("two", "two", "two")]

    assert [report["run"] for report in reports] == ["one-1", "two-1", "two-1.2", "two-1.3"]
    for report in reports:
        assert_files_are_true(world, report)


LINES = 14_000
LARGE = b'{"source-ref": "%s"}\n' % (b"x" * 200) * LINES
"""Comes to more than 8 MiB of findings."""


def test_findings_over_one_part_are_written_in_parts(world: World) -> None:
    report = world.judge(world.drop(LARGE))

    assert report["files"]["findings.jsonl"]["size"] > PART_BYTES
    assert_files_are_true(world, report)
    assert Counter(finding["rule"] for finding in world.findings_file(report)) == report["totals"]
    assert report["totals"]["source-ref-malformed"] == report["totals"]["label-unannotated"] == LINES
    sent = world.wire.operations(REPORTS)
    assert (sent["CreateMultipartUpload"], sent["UploadPart"], sent["CompleteMultipartUpload"]) == (1, 2, 1)
    assert sent["AbortMultipartUpload"] == 0


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_parts_are_removed_where_writing_fails(world: World, inbox: Inbox, operation: str) -> None:
    event = world.drop(LARGE)
    world.wire.fail(operation, 503, "SlowDown")

    with pytest.raises(RetryableError, match=r"Writing s3://verdicts/.*findings\.jsonl"):
        world.invoke(event)

    assert "Uploads" not in world.s3.list_multipart_uploads(Bucket=REPORTS)
    assert [world.outputs(), inbox.messages()] == [[], []]


def test_parts_are_removed_where_reading_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = world.drop(LARGE)
    begun = []
    world.wire.before("CreateMultipartUpload", lambda: begun.append(True))

    def breaks_off(*_: object, **__: object) -> object:
        yield LARGE
        raise ReadTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr("botocore.response.StreamingBody.iter_chunks", breaks_off)
    with pytest.raises(RetryableError, match=r"Reading s3://drop-here/train/my\.manifest failed on the way"):
        world.invoke(event)

    assert begun == [True]
    assert "Uploads" not in world.s3.list_multipart_uploads(Bucket=REPORTS)
    assert world.outputs() == []


@pytest.mark.parametrize(
    ("pieces", "parts"),
    [([b"x"], 0), ([b"x" * (PART_BYTES - 1)], 0), ([b"ab" * (PART_BYTES // 4)] * 2, 1), ([b"abc" * PART_BYTES], 3)],
    ids=["a byte", "just under a part", "a part", "three parts at once"],
)
def test_upload_writes_what_it_is_given(world: World, pieces: list[bytes], parts: int) -> None:
    with S3Upload(world.s3, {"Bucket": REPORTS, "Key": "file"}, "text/plain") as upload:
        for piece in pieces:
            upload.write(piece)

    content = b"".join(pieces)
    assert world.wire.count("UploadPart") == parts
    assert world.read("file") == content
    assert (upload.size, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert world.s3.head_object(Bucket=REPORTS, Key="file")["ContentType"] == "text/plain"


def test_upload_of_nothing_writes_nothing(world: World) -> None:
    with S3Upload(world.s3, {"Bucket": REPORTS, "Key": "file"}, "text/plain"):
        pass

    assert world.wire.calls == []


def test_first_error_is_told_where_removing_the_parts_fails_too(world: World) -> None:
    event = world.drop(LARGE)
    world.wire.fail("UploadPart", 503, "SlowDown")
    world.wire.fail("AbortMultipartUpload", 403, "AccessDenied")

    with pytest.raises(RetryableError, match="failed for now"):
        world.invoke(event)
    assert world.wire.count("AbortMultipartUpload") == 1


def test_the_page_shows_the_report(world: World) -> None:
    world.put_images()
    report = world.judge(world.drop(good() + b"{\n"))
    key = report["files"]["report.html"]["key"]

    page = world.read(key)

    assert report["manifest"]["sha256"].encode() in page
    assert b'data-severity="error" data-rule="line-invalid-json"' in page
    assert b'<span class="unit">Line </span>31<' in page
    assert world.s3.head_object(Bucket=REPORTS, Key=key)["ContentType"] == "text/html; charset=utf-8"
