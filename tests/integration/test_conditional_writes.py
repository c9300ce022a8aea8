"""Two that judge the same manifest at once: the report is replaced conditionally, and nothing is told twice for it."""

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectionClosedError

from core.errors import PermanentError, RetryableError
from tests.integration.conftest import Configure
from tests.integration.world import IMAGES, MANIFESTS, REPORTS, Inbox, Json, World

CONFLICTS = [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict"), (404, "NoSuchKey")]


def meanwhile(world: World, event: Json) -> Callable[[], object]:
    """Another invocation, as Lambda may run one at the same time."""
    return lambda: world.invoke(event)


def same_object(event: Json, sequencer: str) -> Json:
    """Another event of the same bytes."""
    other: Json = json.loads(json.dumps(event))
    other["Records"][0]["s3"]["object"]["sequencer"] = sequencer
    return other


def test_same_event_twice_at_once_is_told_once(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    world.wire.before("PutObject", meanwhile(world, event), where="report.json")

    (manifest,) = world.invoke(event)["manifests"]

    assert (manifest["outcome"], manifest["verdict"]) == ("kept", "INVALID")
    assert len(inbox.messages()) == 1


def test_newer_event_wins_over_an_older_one(world: World, inbox: Inbox) -> None:
    older = world.drop(b"{\n")
    newer = same_object(older, "FF")
    world.wire.before("PutObject", meanwhile(world, newer), where="report.json")

    (manifest,) = world.invoke(older)["manifests"]

    assert manifest["outcome"] == "kept"
    assert world.read_report()["manifest"]["sequencer"] == "FF"
    assert len(inbox.messages()) == 1


def test_older_event_loses_to_a_newer_one(world: World, inbox: Inbox) -> None:
    older = world.drop(b"{\n")
    newer = same_object(older, "FF")
    world.wire.before("PutObject", meanwhile(world, older), where="report.json")

    (manifest,) = world.invoke(newer)["manifests"]

    assert manifest["outcome"] == "judged"
    assert world.read_report()["manifest"]["sequencer"] == "FF"
    assert len(inbox.messages()) == 2


def test_direct_call_during_an_event(world: World) -> None:
    event = world.drop(b"{\n")
    world.wire.before("PutObject", meanwhile(world, event), where="report.json")

    report = world.judge({"bucket": MANIFESTS, "key": "train/my.manifest"}, request="direct")

    assert report["run"] == "direct-1"
    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"


def test_report_deleted_before_it_is_replaced(world: World) -> None:
    world.drop(b"{\n")
    call = {"bucket": MANIFESTS, "key": "train/my.manifest"}
    world.judge(call)
    key = world.report_keys()[0]
    world.wire.before("PutObject", lambda: world.s3.delete_object(Bucket=REPORTS, Key=key), where="report.json")

    assert world.judge(call, request="second")["run"] == "second-1"


@pytest.mark.parametrize(("status", "code"), CONFLICTS)
def test_conflict_that_passes(world: World, inbox: Inbox, status: int, code: str) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("PutObject", status, code, where="report.json", times=1)

    assert world.judge(event)["verdict"] == "INVALID"
    assert len(inbox.messages()) == 1


@pytest.mark.parametrize(("status", "code"), CONFLICTS)
def test_conflict_that_does_not_pass(world: World, inbox: Inbox, status: int, code: str) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("PutObject", status, code, where="report.json")

    with pytest.raises(RetryableError, match=r"Others keep writing s3://verdicts/drop-here/train/my\.manifest/"):
        world.invoke(event)

    assert world.wire.count("PutObject", "report.json") == 5
    assert world.report_keys() == []
    assert inbox.messages() == []


def test_write_is_done_but_its_answer_is_lost(world: World, inbox: Inbox, capsys: pytest.CaptureFixture[str]) -> None:
    event = world.drop(b"{\n")
    world.wire.lose_answer("PutObject", ConnectionClosedError(endpoint_url="https://s3"), where="report.json")

    assert world.judge(event)["verdict"] == "INVALID"

    assert world.wire.count("PutObject", "report.json") == 2
    assert len(inbox.messages()) == 1
    assert capsys.readouterr().out.count("_aws") == 1


def test_throttled_run_that_another_judged_to_the_end_meanwhile(world: World, inbox: Inbox) -> None:
    world.put_images()
    event = world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)

    def other_judges_to_the_end() -> None:
        world.wire.mend()
        world.invoke(event)

    world.wire.before("PutObject", other_judges_to_the_end, where="report.json")

    (manifest,) = world.invoke(event)["manifests"]

    assert (manifest["outcome"], manifest["verdict"]) == ("kept", "VALID")
    assert world.read_report()["verdict"] == "VALID"
    assert inbox.messages() == []


def test_retry_does_not_publish_what_was_replaced_meanwhile(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("Publish", 503, "Unavailable")
    with pytest.raises(RetryableError):
        world.invoke(event)
    world.wire.mend()
    newer = meanwhile(world, same_object(event, "FF"))
    world.wire.before("GetObject", newer, where=f"{REPORTS}/{world.report_keys()[0]}")

    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"
    assert len(inbox.messages()) == 1


def test_writes_are_conditional_and_guarded(world: World, configure: Configure) -> None:
    configure(BUCKET_OWNER="123456789012")
    world.drop(b"{\n")
    for _ in range(2):
        world.invoke({"bucket": MANIFESTS, "key": "train/my.manifest"})

    first, second = [
        call.headers for call in world.wire.calls if call.operation == "PutObject" and "report.json" in call.key
    ]
    assert (first.get("if-none-match"), first.get("if-match")) == ("*", None)
    assert second.get("if-none-match") is None
    assert str(second.get("if-match")).startswith('"')
    guarded = [call for call in world.wire.calls if call.bucket in (MANIFESTS, REPORTS) and call.key]
    assert {call.headers.get("x-amz-expected-bucket-owner") for call in guarded} == {"123456789012"}


def test_images_may_belong_to_another_account(world: World, configure: Configure) -> None:
    configure(BUCKET_OWNER="123456789012")
    world.put_images()
    world.judge(world.drop())

    asked = [call for call in world.wire.calls if call.bucket == IMAGES]
    assert asked
    assert not any("x-amz-expected-bucket-owner" in call.headers for call in asked)


@pytest.mark.parametrize("metadata", [{}, {"verdict": "PERHAPS"}])
def test_something_else_where_the_report_should_lie(world: World, metadata: dict[str, str]) -> None:
    event = world.drop(b"{\n")
    world.judge(event)
    key = world.report_keys()[0]
    world.s3.put_object(Bucket=REPORTS, Key=key, Body=b"{}", Metadata=metadata)

    with pytest.raises(PermanentError, match=r"report\.json was not written by the gate .* Move it away"):
        world.invoke(event)


def test_untold_report_of_another_version_of_the_gate(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("Publish", 503, "Unavailable")
    with pytest.raises(RetryableError):
        world.invoke(event)
    world.wire.mend()
    key = world.report_keys()[0]
    metadata = world.s3.head_object(Bucket=REPORTS, Key=key)["Metadata"]
    world.s3.put_object(Bucket=REPORTS, Key=key, Body=b'{"schema_version": "9"}', Metadata=metadata)

    with pytest.raises(PermanentError, match="is no report that this version reads"):
        world.invoke(event)
    assert inbox.messages() == []
