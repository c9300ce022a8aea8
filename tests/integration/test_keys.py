"""Keys of every kind, from the event to the report and the image."""

from urllib.parse import quote

import pytest

from tests.builders import manifest
from tests.integration.world import IMAGES, MANIFESTS, REPORTS, Inbox, World, good, good_keys, image, rules

NAMES = {
    "space": "my parts",
    "plus": "a+b",
    "percent": "100%20",
    "percent-plus": "%2B",
    "hangul": "부품",
    "decomposed": "부품",
    "emoji": "🦊",
    "zero-width-space": "a\u200bb",
    "empty-folder": "a//b",
    "leading-slash": "/a",
    "dots": "a/../b",
    "question": "a?b#c&d=e",
    "quotes": "\"a' b",
    "backslash": "a\\b",
    "line-separator": "a\u2028b",
    "parentheses": "é (3)",
}


@pytest.mark.parametrize(
    ("way", "name"),
    [
        *(("s3", name) for name in NAMES),
        *((way, name) for way in ("eventbridge", "direct") for name in ("plus", "percent", "parentheses")),
    ],
)
def test_manifest_key(world: World, inbox: Inbox, way: str, name: str) -> None:
    key = f"train/{NAMES[name]}.manifest"
    event = world.drop(b"{\n", key=key)
    told = event["Records"][0]["s3"]["object"]
    if way == "eventbridge":
        described = {"key": key, "etag": told["eTag"], "version-id": told["versionId"], "sequencer": told["sequencer"]}
        detail = {"bucket": {"name": MANIFESTS}, "object": described}
        event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    if way == "direct":
        event = {"bucket": MANIFESTS, "key": key}

    (answer,) = world.invoke(event)["manifests"]

    assert answer["key"] == key
    assert answer["report"] == f"s3://{REPORTS}/{MANIFESTS}/{key}/{told['versionId']}/report.json"
    report = world.read_report(answer["report"])
    assert report["manifest"]["key"] == key
    assert world.read(report["files"]["findings.jsonl"]["key"])
    (message,) = inbox.messages()
    assert message["Subject"].isascii()
    assert message["Subject"].isprintable()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("others", [0, 30], ids=["looked-at", "listed"])
def test_image_key(world: World, name: str, others: int) -> None:
    there, absent = f"images/{name}.png", f"images/{name}-absent.png"
    world.put_images([there, *good_keys(others)])

    report = world.judge(world.drop(manifest(image(there), image(absent)) + good(good_keys(others))))

    missing = [finding for finding in report["findings"] if finding["rule"] == "image-not-found"]
    assert [finding["line"] for finding in missing] == [2]
    hint = 1  # the absent image's name in other forms is looked for
    assert report["requests"].get("ListObjectsV2", 0) == (others > 0) + hint


def test_image_that_is_named_url_encoded(world: World) -> None:
    world.put_images(["images/부품 1.png"])
    report = world.judge(world.drop(manifest(image(quote("images/부품 1.png")))))

    (finding,) = [finding for finding in report["findings"] if finding["rule"] == "image-not-found"]
    assert finding["fix"] == f"Write s3://{IMAGES}/images/부품 1.png"


def test_manifest_key_of_1024_bytes(world: World, inbox: Inbox) -> None:
    world.put_images()
    key = "가" * 338 + "b.manifest"
    assert len(key.encode()) == 1_024
    report = world.judge(world.drop(good() + b"{\n", key=key))

    assert rules(report) == {"line-invalid-json", "manifest-key-unsupported"}
    assert report["manifest"]["key"] == key
    assert all(len(output.encode()) <= 1_024 for output in world.outputs())
    assert world.read(report["files"]["accepted.manifest"]["key"]) == good()
    (message,) = inbox.messages()
    assert len(message["Subject"]) < 100
    assert key in message["Message"]
    assert len(world.receipts()) == 1


def test_long_keys_that_begin_alike_have_reports_of_their_own(world: World) -> None:
    for last in "ab":
        world.judge(world.drop(b"{\n", key="가" * 338 + f"{last}.manifest"))

    assert len(world.report_keys()) == 2


def test_two_versions_of_one_key_have_two_reports(world: World) -> None:
    world.put_images()
    events = [world.drop(body) for body in (b"{\n", good())]
    verdicts = [world.invoke(event)["manifests"][0]["verdict"] for event in reversed(events)]

    assert verdicts == ["VALID", "INVALID"]
    versions = {event["Records"][0]["s3"]["object"]["versionId"] for event in events}
    assert {key.split("/")[-2] for key in world.report_keys()} == versions


def test_event_that_leaves_the_version_out_has_its_report_under_the_etag(world: World) -> None:
    event = world.drop(b"{\n")
    told = event["Records"][0]["s3"]["object"]
    del told["versionId"]
    world.judge(event)

    assert world.report_keys() == [f"{MANIFESTS}/train/my.manifest/{told['eTag']}/report.json"]
    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"


def test_without_versions_a_report_lies_under_the_etag(world: World) -> None:
    world.version(MANIFESTS, "Suspended")
    event = world.drop(b"{\n")
    etag = event["Records"][0]["s3"]["object"]["eTag"]
    world.judge(event)
    world.judge({"bucket": MANIFESTS, "key": "train/my.manifest"})

    assert world.report_keys() == [f"{MANIFESTS}/train/my.manifest/{etag}/report.json"]
