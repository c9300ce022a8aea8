import json

import pytest
from botocore.exceptions import ReadTimeoutError

from aws import failure_queue
from cli.main import main
from tests.integration.stack import Deployed, deploy
from tests.integration.world import AT_MANIFESTS, MANIFESTS, REPORTS, World, client


@pytest.fixture(autouse=True)
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_queue, "_POLL_SECONDS", 0)


@pytest.fixture
def deployed(world: World) -> Deployed:
    return deploy(world)


def redrive(*more: str) -> int:
    """One at a time: what the function prints meanwhile is kept apart from what the command prints."""
    return main(["redrive", "--concurrency", "1", *more])


def test_every_event_is_judged_and_leaves_the_queue(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put_images()
    events = [world.drop(key="good.manifest"), world.drop(b"{\n", key="bad.manifest")]
    for event in events:
        deployed.fail(event)

    assert redrive() == 0

    printed = capsys.readouterr()
    assert sorted(printed.out.splitlines()) == [
        f"INVALID     s3://{MANIFESTS}/bad.manifest  judged, 1 finding",
        f"VALID       s3://{MANIFESTS}/good.manifest  judged, 0 findings",
    ]
    assert printed.err == "2 events judged, 0 left in the queue\n"
    assert sorted(map(json.dumps, deployed.events)) == sorted(map(json.dumps, events))
    assert len(world.report_keys()) == 2
    assert deployed.waiting() == []


def test_an_event_that_fails_again_stays_and_hides_no_other(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("denied.manifest", "bad.manifest"):
        deployed.fail(world.drop(b"{\n", key=key))
    world.wire.fail("GetObject", 403, "AccessDenied", where=f"{AT_MANIFESTS}denied")

    assert redrive() == 2

    printed = capsys.readouterr()
    assert printed.out == f"INVALID     s3://{MANIFESTS}/bad.manifest  judged, 1 finding\n"
    assert "stays: Reading s3://drop-here/denied.manifest was denied" in printed.err
    assert printed.err.endswith("1 events judged, 1 left in the queue\n")
    (left,) = deployed.waiting()  # at once, not in 16 minutes
    assert "denied.manifest" in left

    world.wire.traps.pop()
    assert redrive() == 0
    assert deployed.waiting() == []


def test_an_event_that_was_judged_meanwhile_costs_nothing_and_leaves_the_queue(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    event = world.drop(b"{\n")
    world.judge(event)
    deployed.fail(event)
    capsys.readouterr()

    assert redrive() == 0

    assert capsys.readouterr().out == f"INVALID     s3://{MANIFESTS}/train/my.manifest  kept, 1 finding\n"
    assert deployed.waiting() == []


def test_an_event_whose_manifest_was_replaced_leaves_the_queue(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    event = world.drop(b"{\n")
    world.s3.delete_object(Bucket=MANIFESTS, Key="train/my.manifest", VersionId=_version(event))
    deployed.fail(event)

    assert redrive() == 0

    assert capsys.readouterr().out == f"-           s3://{MANIFESTS}/train/my.manifest  superseded\n"
    assert deployed.waiting() == []


def test_what_eventbridge_could_not_deliver_is_judged_too(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    deployed = deploy(world, existing=True)
    told = world.drop(b"{\n")["Records"][0]["s3"]["object"]
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": MANIFESTS},
            "object": {"key": told["key"].replace("%2F", "/"), "etag": told["eTag"], "version-id": told["versionId"]},
        },
    }
    deployed.send(json.dumps(event), deployed.undelivered)

    assert redrive() == 0

    assert capsys.readouterr().out.startswith("INVALID ")
    assert deployed.events == [event]
    assert deployed.waiting(deployed.undelivered) == []


@pytest.mark.parametrize("body", ["hello", "[]", '"text"', '{"what": "ever"}'])
def test_what_is_no_event_stays(
    world: World, deployed: Deployed, body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world
    deployed.send(body)

    assert redrive() == 2

    assert "This is no event that the gate knows" in capsys.readouterr().err
    assert deployed.waiting() == [body]


@pytest.mark.usefixtures("deployed")
def test_empty_queues_are_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive() == 0

    assert capsys.readouterr().err == "0 events judged, 0 left in the queue\n"


def test_an_event_is_offered_once_though_it_shows_up_again(
    world: World, deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fail(world.drop(b"{\n"))
    world.wire.fail("GetObject", 403, "AccessDenied", where=AT_MANIFESTS)
    monkeypatch.setattr(failure_queue, "HIDDEN_SECONDS", 0)
    seconds = iter([0, 960])

    def hide() -> None:
        monkeypatch.setattr(failure_queue, "HIDDEN_SECONDS", next(seconds))

    for _ in range(2):
        world.wire.before("ReceiveMessage", hide)

    assert redrive() == 2

    assert capsys.readouterr().err.endswith("0 events judged, 1 left in the queue\n")
    assert len(deployed.events) == 1


def test_an_event_that_cannot_be_deleted_is_left_and_judged_once(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fail(world.drop(b"{\n"))
    _deny(world, "DeleteMessage")

    assert redrive() == 2
    assert "sqs:DeleteMessage" in capsys.readouterr().err

    world.wire.traps.pop()
    assert redrive() == 0
    assert "kept, 1 finding" in capsys.readouterr().out


def test_an_event_that_cannot_be_put_back_comes_back_by_itself(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.send("hello")
    _deny(world, "ChangeMessageVisibility")

    assert redrive() == 2

    assert "1 left in the queue" in capsys.readouterr().err
    assert deployed.waiting() == []


def test_a_queue_that_cannot_be_read_is_told(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployed
    _deny(world, "ReceiveMessage")

    assert redrive() == 2

    assert "Grant sqs:ReceiveMessage on the queue" in capsys.readouterr().err


def test_a_busy_function_is_asked_again(world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.fail(world.drop(b"{\n"))
    busy = json.dumps({"Type": "User", "Message": "Rate Exceeded."})
    world.wire.traps.insert(0, _times(world, "Invoke", 429, busy, 5))

    assert redrive() == 0

    assert capsys.readouterr().out.startswith("INVALID ")
    assert world.wire.count("Invoke") == 6


def test_a_function_that_stays_busy_leaves_the_event(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fail(world.drop(b"{\n"))
    busy = json.dumps({"Type": "User", "Message": "Rate Exceeded."})
    world.wire.traps.insert(0, _times(world, "Invoke", 429, busy, 10**9))

    assert redrive() == 2

    assert "failed for now (TooManyRequestsException" in capsys.readouterr().err
    assert world.wire.count("Invoke") == 12
    assert len(deployed.waiting()) == 1


def test_a_function_that_does_not_answer_leaves_the_event(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fail(world.drop(b"{\n"))
    world.wire.break_off("Invoke", ReadTimeoutError(endpoint_url="https://lambda.test"))
    world.wire.traps.insert(0, world.wire.traps.pop())

    assert redrive() == 2

    assert "failed on the way" in capsys.readouterr().err
    assert len(deployed.waiting()) == 1
    assert world.wire.count("Invoke") == 1  # it may be running still


def test_a_passing_fault_of_s3_is_told_as_such(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fail(world.drop(b"{\n"))
    world.wire.fail("GetObject", 503, "SlowDown", where=AT_MANIFESTS)

    assert redrive() == 2

    assert "The same call may succeed later." in capsys.readouterr().err


def test_ctrl_c_puts_back_what_failed(world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    assert world
    for body in ("one", "two"):
        deployed.send(body)
    received = []

    def interrupt() -> None:
        received.append(1)
        if len(received) == 3:  # while another event is asked for
            raise KeyboardInterrupt

    for _ in range(3):
        world.wire.before("ReceiveMessage", interrupt)

    assert redrive() == 130

    assert capsys.readouterr().err.endswith("manifest-gate: interrupted\n")
    assert sorted(deployed.waiting()) == ["one", "two"]


def test_a_stack_that_is_no_gate_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"ReportsBucketName": {"Value": REPORTS}},
    }
    client("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(template))

    assert redrive("--stack", "other") == 2
    assert "Stack 'other' has no 'FunctionName'; name the gate's stack with --stack." in capsys.readouterr().err

    assert redrive("--stack", "missing") == 2
    assert "Asking stack 'missing'" in capsys.readouterr().err


def _version(event: dict[str, object]) -> str:
    records: list[dict[str, dict[str, dict[str, str]]]] = event["Records"]  # type: ignore[assignment]
    return records[0]["s3"]["object"]["versionId"]


def _deny(world: World, operation: str) -> None:
    body = json.dumps({"__type": "com.amazonaws.sqs#AccessDenied", "message": "denied for a test"})
    world.wire.answer(operation, 403, body)


def _times(world: World, operation: str, status: int, body: str, times: int) -> object:
    world.wire.answer(operation, status, body, times=times, **{"x-amzn-ErrorType": "TooManyRequestsException"})
    return world.wire.traps.pop()
