"""Whatever the bytes: a report that names fault, line and fix, or an error that says what a person must do."""

import gzip
import json
import random

import pytest

from core.errors import PermanentError
from tests.builders import manifest
from tests.integration.world import AT_MANIFESTS, MANIFESTS, Inbox, World, good, good_keys, image

SOUND = good()
FIRST = SOUND.split(b"\n")[0]
LINES = [json.loads(line) for line in SOUND.splitlines()]

# Name: bytes, verdict, and each rule with the line that it names.
BAD: dict[str, tuple[bytes, str, set[tuple[str, int | None]]]] = {
    "empty": (b"", "INVALID", {("manifest-empty", None)}),
    "blank-lines-only": (
        b"\n \n\t\r\n",
        "INVALID",
        {("manifest-empty", None), *(("line-blank", n) for n in (1, 2, 3))},
    ),
    "byte-order-mark": (b"\xef\xbb\xbf" + SOUND, "VALID", {("manifest-byte-order-mark", None)}),
    "carriage-returns": (SOUND.replace(b"\n", b"\r\n"), "VALID", set()),
    "no-last-newline": (SOUND.rstrip(), "VALID", set()),
    "utf-16": (SOUND.decode().encode("utf-16"), "INVALID", {("manifest-not-utf8", None)}),
    "utf-16-without-mark": (SOUND.decode().encode("utf-16-le"), "INVALID", {("manifest-not-utf8", None)}),
    "latin-1": (SOUND + b'{"n": "\xe4"}\n', "INVALID", {("line-not-utf8", 31)}),
    "gzip": (gzip.compress(SOUND), "INVALID", {("manifest-not-utf8", None)}),
    "json-array": (json.dumps(LINES).encode(), "INVALID", {("manifest-not-json-lines", None)}),
    "json-array-over-lines": (json.dumps(LINES, indent=1).encode(), "INVALID", {("manifest-not-json-lines", None)}),
    "pretty-printed": (
        "\n".join(json.dumps(line, indent=2) for line in LINES).encode(),
        "INVALID",
        {("manifest-not-json-lines", None)},
    ),
    "csv": (b"source-ref,label\ns3://parts/a.png,normal\n", "INVALID", {("manifest-not-json-lines", None)}),
    "space-in-scheme": (
        SOUND + manifest(image("images/1.png") | {"source-ref": "s3: //parts/images/1.png"}),
        "INVALID",
        {("source-ref-malformed", 31)},
    ),
    "one-line-of-3-megabytes": (b"x" * 3 * 1024**2, "INVALID", {("line-unreadable", 1)}),
    "nested-brackets": (SOUND + b"[" * 100_000 + b"\n", "INVALID", {("line-invalid-json", 31), ("line-too-long", 31)}),
    "nested-and-closed": (
        SOUND + b'{"a": ' * 50_000 + b"1" + b"}" * 50_000 + b"\n",
        "INVALID",
        {("line-json-unsupported", 31), ("line-too-long", 31)},
    ),
    "nan": (SOUND + b'{"confidence": NaN}\n', "INVALID", {("line-invalid-json", 31)}),
    "duplicate-key": (
        SOUND.replace(b'"anomaly-label": 0', b'"anomaly-label": 1, "anomaly-label": 0', 1),
        "INVALID",
        {("line-duplicate-key", 1)},
    ),
    "lone-surrogate": (SOUND + b'{"a": "\\ud800"}\n', "INVALID", {("line-json-unsupported", 31)}),
    "zero-bytes": (SOUND + b"\x00" * 10 + b"\n", "INVALID", {("line-invalid-json", 31)}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_manifest(world: World, inbox: Inbox, name: str) -> None:
    body, verdict, expected = BAD[name]
    world.put_images()

    report = world.judge(world.drop(body))

    told = {(finding["rule"], finding["line"]) for finding in report["findings"]}
    assert report["verdict"] == verdict
    assert told >= expected
    # What is left is too small a dataset, or none.
    assert all(rule.startswith("dataset-") for rule, _ in told - expected)
    assert all(finding["fix"] for finding in report["findings"])
    assert inbox.verdicts() == (["INVALID"] if verdict == "INVALID" else [])


@pytest.mark.parametrize("seed", range(30))
def test_spoilt_manifest_always_comes_to_a_report(world: World, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    body = bytearray(good(good_keys(5)))
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(body))
        body[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))

    report = world.judge(world.drop(bytes(body)))

    assert report["verdict"] == "INVALID"  # no image exists
    assert sum(report["totals"].values()) == len(world.findings_file(report))


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "text",
        7,
        {},
        {"Records": "none"},
        {"Records": [None]},
        {"Records": [{"body": "{"}]},
        {"Records": [{"body": None}]},
        {"Records": [{"body": "[" * 100_000}]},
        {"Records": [{"Sns": {"Message": "text"}}]},
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {}}]},
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b!"}, "object": {"key": "k"}}}]},
        {"source": "aws.s3", "detail-type": "Object Created", "detail": None},
        {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": MANIFESTS}, "object": {}}},
        {"bucket": MANIFESTS},
        {"bucket": MANIFESTS, "key": ""},
        {"bucket": MANIFESTS, "key": 7},
        {"bucket": MANIFESTS, "key": "k", "version": "1"},
        {"bucket": MANIFESTS, "key": "\ud800"},
        {"bucket": "a b", "key": "k"},
        {"bucket": "", "key": "k"},
        {"Type": "Notification", "Message": '{"Type": "Notification", "Message": "{}"}'},
    ],
    ids=repr,
)
def test_bad_event(world: World, event: object) -> None:
    with pytest.raises(PermanentError, match=r"Send an S3, EventBridge, SQS or SNS event, or \{"):
        world.invoke(event)
    assert world.outputs() == []


@pytest.mark.parametrize("sequencer", ["é", "00AB\r\nx-amz-meta-notify: true", "later"])
def test_sequencer_that_is_none(world: World, sequencer: str) -> None:
    event = world.drop(b"{\n")
    event["Records"][0]["s3"]["object"]["sequencer"] = sequencer

    with pytest.raises(PermanentError, match=r"object\.sequencer"):
        world.invoke(event)
    assert world.outputs() == []


@pytest.mark.parametrize(
    ("key", "version"), [("k" * 1_025, None), ("train/my.manifest", "no such version"), ("train/my.manifest", "\r\nx")]
)
def test_direct_call_that_s3_refuses(world: World, key: str, version: str | None) -> None:
    world.drop(b"{\n")
    world.wire.fail("GetObject", 400, "InvalidArgument", where=AT_MANIFESTS)

    with pytest.raises(PermanentError, match="InvalidArgument"):
        world.invoke({"bucket": MANIFESTS, "key": key, "version_id": version})
    assert world.outputs() == []
