"""What is published: within SNS's bounds, and enough to act upon."""

import json

from tests.builders import line, manifest
from tests.integration.conftest import Configure
from tests.integration.world import Inbox, World, good, good_keys, image

SNS_BYTES = 256 * 1024


def test_message_tells_what_is_wrong_and_where_to_read_on(world: World, inbox: Inbox) -> None:
    world.put_images(good_keys()[1:])
    report = world.judge(world.drop(good() + b"{\n"))

    (message,) = inbox.messages()

    text = message["Message"]
    assert text.startswith("INVALID: s3://drop-here/train/my.manifest\nIt must not be used.\n")
    assert f"s3://verdicts/{world.report_keys()[0]}\n" in text
    assert f"s3://verdicts/{report['files']['findings.jsonl']['key']}\n" in text
    assert f"s3://verdicts/{report['files']['accepted.manifest']['key']}\n" in text
    assert "https://s3.console.aws.amazon.com/s3/object/verdicts?region=us-east-1&prefix=" in text
    assert "31 lines: 29 valid, 2 invalid, 0 unchecked, 0 blank\n30 images checked, 1 missing, 0 unchecked\n" in text
    assert [finding["line"] for finding in report["findings"]] == [1, 31, None]
    for finding in report["findings"]:
        place = f"(error), line {finding['line']}" if finding["line"] else "(warning)"
        assert f"\n1 x {finding['rule']} {place}\n    {finding['message']}\n" in text
        assert f"Fix: {finding['fix']}\n" in text


def test_programs_read_json(world: World, inbox: Inbox) -> None:
    world.put_images(good_keys()[1:])
    report = world.judge(world.drop(good() + b"{\n"))

    (message,) = inbox.messages()

    document = message["Document"]
    assert document["manifest"] == report["manifest"]
    assert (document["verdict"], document["totals"]) == (report["verdict"], report["totals"])
    assert world.read_report(f"s3://{document['report']['bucket']}/{document['report']['key']}") == report


def test_attributes_are_there_to_filter_by(world: World, inbox: Inbox) -> None:
    world.judge(world.drop(b"{\n"))

    (message,) = inbox.messages()

    attributes = message["MessageAttributes"]
    assert {name: told["Type"] for name, told in attributes.items()} == {
        "verdict": "String",
        "rules": "String.Array",
        "manifest": "String",
        "bucket": "String",
        "key": "String",
    }
    assert attributes["verdict"]["Value"] == "INVALID"
    assert json.loads(attributes["rules"]["Value"]) == sorted(world.read_report()["totals"])
    assert attributes["manifest"]["Value"] == "s3://drop-here/train/my.manifest"
    assert (attributes["bucket"]["Value"], attributes["key"]["Value"]) == ("drop-here", "train/my.manifest")


def test_message_about_nothing_wrong(world: World, configure: Configure, inbox: Inbox) -> None:
    configure(NOTIFY_ON="all")
    world.put_images()
    world.judge(world.drop())

    (message,) = inbox.messages()
    assert message["Subject"] == "Manifest VALID: train/my.manifest"
    assert json.loads(message["MessageAttributes"]["rules"]["Value"]) == []


def test_receipt_names_the_message(world: World, inbox: Inbox) -> None:
    world.judge(world.drop(b"{\n"), request="the-request")

    (message,) = inbox.messages()
    (receipt,) = world.receipts()
    assert receipt.keys() == {"message"}
    assert receipt["message"]["id"] == message["MessageId"]
    assert receipt["message"].keys() == {"id", "at"}
    assert next(key for key in world.outputs() if "notification" in key).endswith("/the-request-1/notification.json")


def test_subject_has_no_line_breaks_nor_foreign_letters(world: World, inbox: Inbox) -> None:
    world.judge(world.drop(b"{\n", key="a\nb\tc\x7f부\u200b.manifest"))

    (message,) = inbox.messages()
    assert message["Subject"].isascii()
    assert message["Subject"].isprintable()
    assert message["MessageAttributes"]["manifest"]["Value"].isprintable()
    assert message["MessageAttributes"]["key"]["Value"].isprintable()


def test_subject_is_shorter_than_100_characters(world: World, inbox: Inbox) -> None:
    world.judge(world.drop(b"{\n", key=f"{'long/' * 100}the-end.manifest"))

    (message,) = inbox.messages()
    assert len(message["Subject"]) == 99
    assert message["Subject"].endswith("/the-end.manifest")


def test_message_of_the_worst_manifest_keeps_within_the_bounds(world: World, inbox: Inbox) -> None:
    strange = "부" * 300
    lines = [line(f"s3://{strange}/{number}{strange}", strange, **{strange: strange}) for number in range(300)]
    world.judge(world.drop(manifest(*lines) + b"\xff" * 5_000, key="부" * 337 + "a.manifest"))

    (message,) = inbox.messages()
    size = len(message["Raw"].encode()) + len(json.dumps(message["MessageAttributes"], ensure_ascii=False).encode())
    assert size < SNS_BYTES


def test_rare_faults_are_told_beside_a_frequent_one(world: World, inbox: Inbox) -> None:
    world.put_images()
    world.judge(world.drop(good() + b"{\n" * 500 + manifest(image("images/absent.png"))))

    (message,) = inbox.messages()
    assert "\n500 x line-invalid-json (error), lines 31, 32, 33 …\n" in message["Message"]
    assert "\n1 x image-not-found (error), line 531\n" in message["Message"]
