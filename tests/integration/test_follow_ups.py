"""What follows a report: tags on the manifest, an event for programs, and the message; each once, and in this order."""

import json
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from core.errors import AccessDeniedError, PermanentError, RetryableError
from core.judged import Judged
from tests.builders import line, manifest
from tests.integration.conftest import Configure
from tests.integration.world import ACCOUNT, IMAGES, MANIFESTS, REPORTS, Inbox, Json, World, client

KEY = "train/my.manifest"
PATTERN = {
    "source": ["manifest-gate"],
    "detail-type": ["Manifest Judged"],
    "detail": {"verdict": ["VALID"]},
}


@pytest.fixture(autouse=True)
def tagging(configure: Configure) -> None:
    configure(TAG_MANIFESTS="true")


class Queue:
    """A queue, and a rule that leads events there."""

    def __init__(self, pattern: Json) -> None:
        self.sqs, events = client("sqs"), client("events")
        self.url = self.sqs.create_queue(QueueName="training")["QueueUrl"]
        events.put_rule(Name="start-training", EventPattern=json.dumps(pattern))
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:training"
        events.put_targets(Rule="start-training", Targets=[{"Id": "training", "Arn": arn}])

    def events(self) -> list[Json]:
        """What came since the last look."""
        found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture
def queue(world: World, configure: Configure) -> Queue:  # noqa: ARG001
    """Hears of all events."""
    queue = Queue({"source": ["manifest-gate"]})
    configure(JUDGED_EVENT_BUS="default")
    return queue


def tags(world: World, version: str | None = None, key: str = KEY) -> dict[str, str]:
    pinned = {"VersionId": version} if version else {}
    answer = world.s3.get_object_tagging(Bucket=MANIFESTS, Key=key, **pinned)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def version_of(event: Json) -> str:
    version: str = event["Records"][0]["s3"]["object"]["versionId"]
    return version


# Tags


@pytest.mark.parametrize(
    ("images", "body", "verdict"), [(True, None, "VALID"), (True, b"{\n", "INVALID"), (False, None, "INCOMPLETE")]
)
def test_verdict_is_tagged(world: World, images: bool, body: bytes | None, verdict: str) -> None:  # noqa: FBT001
    if images:
        world.put_images()
    else:
        world.wire.fail("ListObjectsV2", 405, "MethodNotAllowed", where=IMAGES)
    report = world.judge(world.drop(body), request="r")

    assert report["verdict"] == verdict
    assert tags(world) == {"manifest-gate-verdict": verdict, "manifest-gate-run": "r-1"}


def test_nothing_is_tagged_unless_asked_for(world: World, configure: Configure) -> None:
    configure(TAG_MANIFESTS="false")
    world.judge(world.drop())

    assert tags(world) == {}
    assert world.wire.count("PutObjectTagging") == 0


def test_tags_of_others_stay(world: World) -> None:
    world.judge(world.drop(b"{\n", Tagging="team=vision&stage=raw&manifest-gate-verdict=VALID"), request="r")

    assert tags(world) == {
        "team": "vision",
        "stage": "raw",
        "manifest-gate-verdict": "INVALID",
        "manifest-gate-run": "r-1",
    }


def test_the_very_version_is_tagged(world: World) -> None:
    first = world.drop(b"{\n")
    second = world.drop(b"{}\n")
    world.judge(first, request="r")

    assert tags(world, version_of(first)) == {"manifest-gate-verdict": "INVALID", "manifest-gate-run": "r-1"}
    assert tags(world, version_of(second)) == {}


def test_event_without_a_version_leads_to_the_version(world: World) -> None:
    event = world.drop(b"{\n")
    version = event["Records"][0]["s3"]["object"].pop("versionId")
    world.judge(event, request="r")

    assert tags(world, version)["manifest-gate-run"] == "r-1"
    asked = [call.query.get("versionId") for call in world.wire.calls if "tagging" in call.query]
    assert asked[:2] == [[version], [version]]


@pytest.mark.parametrize("status", ["", "Suspended"])
def test_object_without_a_version_is_tagged(world: World, status: str) -> None:
    bucket = "no-versions"
    world.s3.create_bucket(Bucket=bucket)
    if status:
        world.version(bucket, status)
    world.s3.put_object(Bucket=bucket, Key=KEY, Body=b"{\n")

    world.judge({"bucket": bucket, "key": KEY}, request="r")

    answer = world.s3.get_object_tagging(Bucket=bucket, Key=KEY)
    assert {"Key": "manifest-gate-run", "Value": "r-1"} in answer["TagSet"]


def test_room_for_ours_beside_eight_others(world: World) -> None:
    world.judge(world.drop(b"{\n", Tagging="&".join(f"t{number}=x" for number in range(8))))

    assert len(tags(world)) == 10


def test_no_tag_of_others_is_dropped_for_ours(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n", Tagging="&".join(f"t{number}=x" for number in range(9)))

    with pytest.raises(PermanentError, match=r"my\.manifest has 9 tags of others.*Remove some, or set .*TagManifests"):
        world.invoke(event)

    assert tags(world) == {f"t{number}": "x" for number in range(9)}
    assert world.read_report()["verdict"] == "INVALID"
    assert len(inbox.messages()) == 1
    world.s3.delete_object_tagging(Bucket=MANIFESTS, Key=KEY)
    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"
    assert tags(world)["manifest-gate-verdict"] == "INVALID"
    assert inbox.messages() == []


def test_same_event_again_costs_two_looks(world: World) -> None:
    event = world.drop()
    world.judge(event)
    before = tags(world)
    world.wire.calls.clear()

    world.invoke(event)

    assert world.wire.operations() == {"HeadObject": 1, "GetObject": 1}
    assert tags(world) == before


def test_direct_call_tags_anew(world: World) -> None:
    world.judge(world.drop(), request="first")
    world.put_images()

    world.judge({"bucket": MANIFESTS, "key": KEY}, request="second")

    assert tags(world) == {"manifest-gate-verdict": "VALID", "manifest-gate-run": "second-1"}


@pytest.mark.parametrize("operation", ["GetObjectTagging", "PutObjectTagging"])
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (503, "SlowDown", RetryableError),
        (403, "AccessDenied", AccessDeniedError),
    ],
)
def test_tagging_fails_after_the_commit(
    world: World, inbox: Inbox, queue: Queue, operation: str, status: int, code: str, error: type[Exception]
) -> None:
    event = world.drop(b"{\n")
    world.wire.fail(operation, status, code)
    with pytest.raises(error, match=rf"Tagging s3://{MANIFESTS}/{KEY} .*{code}"):
        world.invoke(event)
    first = world.read_report()
    assert len(inbox.messages()) == 1
    assert queue.events() == []
    world.wire.mend()

    (again,) = world.invoke(event)["manifests"]

    assert again["outcome"] == "kept"
    assert world.read_report() == first
    assert tags(world)["manifest-gate-run"] == first["run"]
    assert len(queue.events()) == 1
    assert inbox.messages() == []
    assert world.receipts()[0].keys() == {"tags", "event", "message"}


def test_denied_tagging_says_what_to_grant(world: World) -> None:
    world.wire.fail("PutObjectTagging", 403, "AccessDenied")

    with pytest.raises(AccessDeniedError) as denied:
        world.invoke(world.drop())

    for action in ("GetObjectTagging", "PutObjectTagging", "GetObjectVersionTagging", "PutObjectVersionTagging"):
        assert f"s3:{action}" in str(denied.value)


def test_two_faults_are_told_together(world: World, inbox: Inbox) -> None:
    world.wire.fail("PutObjectTagging", 403, "AccessDenied")
    world.wire.fail("Publish", 503, "Unavailable")

    with pytest.raises(RetryableError, match=rf"2 things .*: Tagging .* \| Publishing to {inbox.topic}"):
        world.invoke(world.drop(b"{\n"))
    assert world.receipts() == []


def test_receipt_fails_after_tagging(world: World) -> None:
    event = world.drop()
    world.wire.fail("PutObject", 503, "SlowDown", where="notification.json")
    with pytest.raises(RetryableError, match=r"notification\.json"):
        world.invoke(event)
    world.wire.mend()
    world.wire.calls.clear()

    world.invoke(event)

    # The tags are there already.
    assert (world.wire.count("GetObjectTagging"), world.wire.count("PutObjectTagging")) == (1, 0)
    assert world.receipts()[0].keys() == {"tags"}


def test_receipt_of_others_is_not_taken_for_one(world: World) -> None:
    event = world.drop()
    report = world.judge(event)
    folder = world.report_keys()[0].removesuffix("report.json")
    world.s3.put_object(Bucket=REPORTS, Key=f"{folder}{report['run']}/notification.json", Body=b'["theirs"]')

    with pytest.raises(PermanentError, match=r"notification\.json is no receipt .* Move it away"):
        world.invoke(event)


def replace(world: World) -> None:
    world.s3.put_object(Bucket=MANIFESTS, Key=KEY, Body=b"other\n")


def delete(world: World) -> None:
    world.s3.delete_object(Bucket=MANIFESTS, Key=KEY)


@pytest.mark.parametrize("happening", [replace, delete])
def test_what_came_after_the_judged_object_is_not_tagged(
    world: World, queue: Queue, happening: Callable[[World], None]
) -> None:
    world.version(MANIFESTS, "Suspended")
    world.put_images()
    event = world.drop()
    world.wire.before("HeadObject", lambda: happening(world), where=KEY)
    # The first look is at the report.
    world.wire.traps[0].where = f"s3://{MANIFESTS}/{KEY}"

    report = world.judge(event)

    assert report["verdict"] == "VALID"
    if happening is replace:
        assert tags(world) == {}
    assert world.receipts()[0]["tags"].keys() == {"skipped", "at"}
    assert len(queue.events()) == 1
    world.wire.calls.clear()
    world.invoke(event)
    assert world.wire.count("PutObjectTagging") == 0


def test_version_that_was_deleted_since_is_passed_over(world: World) -> None:
    event = world.drop(b"{\n")

    def delete_version() -> None:
        world.s3.delete_object(Bucket=MANIFESTS, Key=KEY, VersionId=version_of(event))

    world.wire.before("GetObjectTagging", delete_version)

    world.judge(event)

    assert world.receipts()[0]["tags"].keys() == {"skipped", "at"}


def test_tags_come_to_say_what_the_last_report_says(world: World) -> None:
    """A newer judgement overtakes an older one between the older one's report and its tags."""
    put = world.s3.put_object(Bucket=MANIFESTS, Key=KEY, Body=b"{\n")
    older, newer = world.event(KEY, put), world.event(KEY, put)
    world.wire.before("PutObjectTagging", lambda: world.invoke(newer, request="newer"))

    world.invoke(older, request="older")

    assert world.read_report()["run"] == "newer-1"
    assert tags(world)["manifest-gate-run"] == "newer-1"


def test_throttled_judgement_is_tagged_and_tagged_again(world: World, inbox: Inbox, queue: Queue) -> None:
    event = world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)
    for run in ("r-1", "r-1.2"):
        with pytest.raises(RetryableError, match="throttled"):
            world.invoke(event, request="r")
        assert tags(world) == {"manifest-gate-verdict": "INCOMPLETE", "manifest-gate-run": run}
    world.wire.mend()
    world.put_images()

    world.judge(event, request="r")

    assert tags(world) == {"manifest-gate-verdict": "VALID", "manifest-gate-run": "r-1.3"}
    assert [each["detail"]["verdict"] for each in queue.events()] == ["INCOMPLETE", "VALID"]
    assert inbox.verdicts() == ["INCOMPLETE", "VALID"]


def test_gate_does_not_hear_of_its_tags(world: World) -> None:
    event = world.drop()
    event["Records"][0]["eventName"] = "ObjectTagging:Put"

    assert world.invoke(event) == {"manifests": []}


# Events


def test_event_tells_programs_of_the_judgement(world: World, queue: Queue) -> None:
    world.put_images()
    report = world.judge(world.drop(manifest(line("s3: //x")) + b"{\n"))

    (event,) = queue.events()

    assert (event["source"], event["detail-type"]) == ("manifest-gate", "Manifest Judged")
    detail = event["detail"]
    Draft202012Validator(Judged.model_json_schema(mode="serialization")).validate(detail)
    assert detail["manifest"] == report["manifest"]
    assert (detail["verdict"], detail["run"], detail["totals"]) == ("INVALID", report["run"], report["totals"])
    assert world.read_report(f"s3://{detail['report']['bucket']}/{detail['report']['key']}") == report


def test_rule_starts_its_target_only_on_valid(world: World, configure: Configure) -> None:
    training = Queue(PATTERN)
    configure(JUDGED_EVENT_BUS="default")
    world.put_images()
    for key, body in {"bad.manifest": b"{\n", "good.manifest": None}.items():
        world.judge(world.drop(body, key))

    assert [event["detail"]["manifest"]["key"] for event in training.events()] == ["good.manifest"]


def test_event_is_sent_to_the_named_bus(world: World, configure: Configure) -> None:
    client("events").create_event_bus(Name="training")
    configure(JUDGED_EVENT_BUS="training")

    world.judge(world.drop())

    (sent,) = (call for call in world.wire.calls if call.operation == "PutEvents")
    (entry,) = json.loads(sent.body)["Entries"]  # type: ignore[arg-type]
    assert entry["EventBusName"] == "training"
    assert world.receipts()[0]["event"].keys() == {"id", "at"}


def test_same_event_again_is_not_sent_again(world: World, queue: Queue) -> None:
    event = world.drop()
    world.judge(event)
    assert len(queue.events()) == 1

    world.invoke(event)

    assert queue.events() == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", RetryableError),
        ("InternalFailure", RetryableError),
        ("InternalException", RetryableError),
        ("NotAuthorizedForSourceException", AccessDeniedError),
        ("MalformedDetail", PermanentError),
    ],
)
def test_entry_that_failed_is_no_event(world: World, queue: Queue, code: str, error: type[Exception]) -> None:
    event = world.drop()
    entry = {"ErrorCode": code, "ErrorMessage": "so it is"}
    world.wire.answer("PutEvents", 200, json.dumps({"FailedEntryCount": 1, "Entries": [entry]}), times=1)

    with pytest.raises(error, match=rf"Sending to event bus default .*\({code}: so it is\)"):
        world.invoke(event)

    assert world.receipts()[0].keys() == {"tags"}
    world.invoke(event)
    assert len(queue.events()) == 1
    assert world.receipts()[0].keys() == {"tags", "event"}


@pytest.mark.parametrize(
    ("status", "code", "error", "says"),
    [
        (500, "InternalException", RetryableError, "failed for now"),
        (400, "ThrottlingException", RetryableError, "failed for now"),
        (400, "AccessDeniedException", AccessDeniedError, "Grant events:PutEvents on event bus default"),
        (400, "ResourceNotFoundException", PermanentError, "Create it, or correct its name"),
    ],
)
def test_call_that_failed_says_what_to_do(
    world: World, inbox: Inbox, queue: Queue, status: int, code: str, error: type[Exception], says: str
) -> None:
    world.wire.fail("PutEvents", status, code)

    with pytest.raises(error, match=says):
        world.invoke(world.drop(b"{\n"))

    assert queue.events() == []
    assert len(inbox.messages()) == 1
