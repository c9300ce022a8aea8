import json
from typing import Any

import pytest

from core.errors import PermanentError
from core.manifest import ManifestObject
from handlers.events import Asked, Ignored, Request, read_event
from handlers.settings import Settings, read_settings

Event = dict[str, Any]
SETTINGS = read_settings({"REPORTS_BUCKET": "reports", "MANIFESTS_BUCKET": "manifests"})


def s3_record(key: str = "my.manifest", bucket: str = "manifests", **more: object) -> Event:
    told = {"key": key, "size": 5, "eTag": "e", "versionId": "v", "sequencer": "00AB"} | more
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": told}}


def read(event: object, **settings: str) -> list[Request]:
    return read_event(event, SETTINGS.model_copy(update=settings))


def asked(key: str = "my.manifest", **changes: Any) -> Asked:  # noqa: ANN401
    identity = {"version": "v", "etag": "e", "size": 5, "sequencer": "00AB"} | changes
    return Asked(ManifestObject("manifests", key, **identity))


def notification(message: object) -> Event:
    return {"Type": "Notification", "Message": json.dumps(message)}


def bridge(key: str, **more: object) -> Event:
    told = {"key": key, "size": 5, "etag": "e", "version-id": "v", "sequencer": "00AB"} | more
    detail = {"bucket": {"name": "manifests"}, "object": told, "reason": "PutObject"}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}


S3 = {"Records": [s3_record()]}
ENVELOPES = {
    "s3": S3,
    "eventbridge": bridge("my.manifest"),
    "s3-in-sqs": {"Records": [{"body": json.dumps(S3)}]},
    "s3-in-sns": {"Records": [{"Sns": {"Message": json.dumps(S3)}}]},
    "s3-in-sns-in-sqs": {"Records": [{"body": json.dumps(notification(S3))}]},
    "eventbridge-in-sqs": {"Records": [{"body": json.dumps(bridge("my.manifest"))}]},
    "eventbridge-in-sns": {"Records": [{"Sns": {"Message": json.dumps(bridge("my.manifest"))}}]},
    "sns-over-http": notification(S3),
}


@pytest.mark.parametrize("event", ENVELOPES.values(), ids=ENVELOPES)
def test_read_event_opens_every_envelope(event: Event) -> None:
    assert read(event) == [asked()]


def test_read_event_reads_a_direct_call() -> None:
    assert read({"bucket": "any", "key": "a+b%20"}) == [Asked(ManifestObject("any", "a+b%20"), direct=True)]
    assert read({"bucket": "any", "key": "k", "version_id": "v"}) == [
        Asked(ManifestObject("any", "k", "v"), direct=True)
    ]
    assert read({"bucket": "any", "key": "k", "version_id": ""}) == [Asked(ManifestObject("any", "k"), direct=True)]


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("a+b.manifest", "a b.manifest"),
        ("a%2Bb.manifest", "a+b.manifest"),
        ("a%2520b.manifest", "a%20b.manifest"),
        ("%EB%B6%80.manifest", "부.manifest"),
        ("a%0Ab.manifest", "a\nb.manifest"),
    ],
)
def test_read_event_decodes_the_key_of_a_notification_once(encoded: str, key: str) -> None:
    assert read({"Records": [s3_record(encoded)]}) == [asked(key)]


@pytest.mark.parametrize("key", ["a+b.manifest", "a%20b.manifest", "a b.manifest"])
def test_read_event_takes_the_key_of_eventbridge_as_it_is(key: str) -> None:
    assert read(bridge(key)) == [asked(key)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"versionId": None}, {"version": None}),
        ({"versionId": ""}, {"version": None}),
        ({"versionId": "null"}, {"version": "null"}),
        ({"sequencer": ""}, {"sequencer": None}),
        ({"sequencer": "00ab"}, {"sequencer": "00ab"}),
        ({"eTag": '"e"'}, {"etag": "e"}),
        ({"size": None}, {"size": None}),
        ({"unknown": {"to": "us"}}, {}),
    ],
)
def test_read_event_tolerates(fields: Event, expected: Event) -> None:
    assert read({"Records": [s3_record(**fields)]}) == [asked(**expected)]


@pytest.mark.parametrize("name", ["ObjectCreated:Put", "ObjectCreated:CompleteMultipartUpload", "ObjectCreated:Copy"])
def test_read_event_takes_every_kind_of_creation(name: str) -> None:
    assert read({"Records": [s3_record() | {"eventName": name}]}) == [asked()]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"Event": "s3:TestEvent"}, "S3's test event"),
        ({"Records": [{"body": '{"Event": "s3:TestEvent"}'}]}, "S3's test event"),
        ({"Records": [s3_record() | {"eventName": "ObjectRemoved:Delete"}]}, "a record of ObjectRemoved:Delete"),
        (bridge("k") | {"detail-type": "Object Deleted"}, "an event of Object Deleted"),
    ],
)
def test_read_event_ignores_what_asks_for_nothing(event: Event, reason: str) -> None:
    assert read(event) == [Ignored(reason)]


def test_read_event_takes_each_record_on_its_own() -> None:
    first, ignored, error, last = read({"Records": [s3_record("a.manifest"), s3_record("a.txt"), 7, s3_record()]})

    assert first == asked("a.manifest")
    assert ignored == Ignored("s3://manifests/a.txt, which lies outside the prefix and suffix of manifests")
    assert isinstance(error, PermanentError)
    assert last == asked()


def test_read_event_names_what_is_wrong_with_a_record() -> None:
    record = s3_record()
    del record["s3"]["object"]["eTag"]

    (error,) = read({"Records": [record]})

    assert str(error).startswith("This is not an S3 record: object.eTag: Field required. Send an S3,")


def test_read_event_goes_only_so_deep() -> None:
    event = S3
    for _ in range(10):
        event = notification(event)

    (error,) = read(event)
    assert isinstance(error, PermanentError)


@pytest.mark.parametrize(
    ("key", "prefix", "ignored"),
    [
        ("report.manifest", "", True),
        ("gate/report.manifest", "gate/", True),
        ("other/my.manifest", "gate/", False),
    ],
)
def test_read_event_ignores_own_outputs(key: str, prefix: str, ignored: bool) -> None:  # noqa: FBT001
    (request,) = read({"Records": [s3_record(key, bucket="reports")]}, reports_prefix=prefix)

    assert isinstance(request, Ignored) == ignored


@pytest.mark.parametrize("bucket", ["manifests", None])
@pytest.mark.parametrize(
    ("key", "concerns"),
    [("in/a.jsonl", True), ("in/a.jsonl.gz", False), ("a.jsonl", False), ("in/.jsonl", True)],
)
def test_read_event_checks_prefix_and_suffix_again(bucket: str | None, key: str, concerns: bool) -> None:  # noqa: FBT001
    settings = Settings(
        REPORTS_BUCKET="reports", MANIFESTS_BUCKET=bucket, MANIFESTS_PREFIX="in/", MANIFESTS_SUFFIX=".jsonl"
    )

    (request,) = read_event({"Records": [s3_record(key)]}, settings)

    assert isinstance(request, Asked) == concerns


def test_read_event_takes_another_bucket_at_its_word() -> None:
    (request,) = read({"Records": [s3_record("any.txt", bucket="wired-by-hand")]})

    assert isinstance(request, Asked)


def test_read_event_does_not_question_a_direct_call() -> None:
    (request,) = read({"bucket": "manifests", "key": "any.txt"})

    assert isinstance(request, Asked)
