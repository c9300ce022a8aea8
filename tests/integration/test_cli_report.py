import json
import time
from collections.abc import Callable
from types import SimpleNamespace

import boto3
import pytest

from cli import deployed
from cli.main import main
from tests.integration.conftest import Configure
from tests.integration.world import MANIFESTS, REPORTS, Json, World, client, good

MANIFEST = f"s3://{MANIFESTS}/train/my.manifest"
AT_REPORTS = ["--reports", f"s3://{REPORTS}"]


@pytest.fixture
def judged(world: World) -> Json:
    """A good manifest with its report."""
    world.put_images()
    return world.judge(world.drop())


@pytest.fixture
def stack(world: World) -> Callable[..., None]:
    """Deploys a stack that has nothing but outputs."""

    def deploy(name: str = "manifest-gate", **outputs: str) -> None:
        assert world
        template = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {output: {"Value": value} for output, value in outputs.items()},
        }
        client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))

    return deploy


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that the command says when there is no report to print."""
    capsys.readouterr()
    assert main(["report", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("manifest-gate: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_the_report_is_printed_as_it_is_stored(world: World, judged: Json, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", MANIFEST, *AT_REPORTS, "--format", "json"]) == 0

    printed = capsys.readouterr()
    assert printed.out.encode() == world.read(world.report_keys()[0])
    assert json.loads(printed.out) == judged
    assert printed.err == ""


@pytest.mark.usefixtures("judged")
def test_the_report_is_printed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", MANIFEST, *AT_REPORTS]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith(f"VALID  {MANIFEST}  (lookout-for-vision, lines+images)\n")
    assert "30 images checked, 0 missing, 0 unchecked" in printed


@pytest.mark.usefixtures("judged")
def test_the_report_goes_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    assert main(["report", MANIFEST, *AT_REPORTS, "--output", f"{tmp_path}/report.txt"]) == 0
    assert capsys.readouterr().out == ""
    assert "cannot be written" in complaint(capsys, MANIFEST, *AT_REPORTS, "--output", f"{tmp_path}/no/report.txt")


def test_an_invalid_manifest_exits_1(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.judge(world.drop())

    assert main(["report", MANIFEST, *AT_REPORTS]) == 1

    printed = capsys.readouterr().out
    told = "error: The image does not exist. 29 more are like this one. [image-not-found]"
    assert f"{MANIFEST}:1:16: {told}\n" in printed
    assert "    = on lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …\n" in printed


def test_an_incomplete_judgement_exits_2(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = world.drop()
    for operation in ("HeadBucket", "ListObjectsV2"):
        world.wire.fail(operation, 403, "AccessDenied")
    world.wire.fail("HeadObject", 403, where="parts/")
    assert world.judge(event)["verdict"] == "INCOMPLETE"

    assert main(["report", MANIFEST, *AT_REPORTS]) == 2

    assert f"INCOMPLETE  {MANIFEST}" in capsys.readouterr().out


def test_the_report_is_that_of_the_current_version(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.put_images()
    world.judge(world.drop(b""))
    event = world.drop()

    told = complaint(capsys, MANIFEST, *AT_REPORTS)
    world.invoke(event)

    assert event["Records"][0]["s3"]["object"]["versionId"] in told
    assert main(["report", MANIFEST, *AT_REPORTS]) == 0


@pytest.mark.parametrize("given", ["s3://verdicts/gate", "s3://verdicts/gate/", "verdicts/gate"])
def test_reports_can_lie_under_a_prefix(
    given: str, world: World, configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(REPORTS_PREFIX="gate/")
    world.put_images()
    world.judge(world.drop())

    assert main(["report", MANIFEST, "--reports", given]) == 0

    assert "VALID" in capsys.readouterr().out


def test_the_stack_tells_where_reports_lie(
    stack: Callable[..., None], judged: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    stack(ReportsBucketName=REPORTS)
    stack("another", ReportsBucketName="parts")

    assert main(["report", MANIFEST, "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out) == judged
    assert "There is no report at s3://parts/" in complaint(capsys, MANIFEST, "--stack", "another")


def test_the_stack_tells_the_prefix_of_reports(
    stack: Callable[..., None], world: World, configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(REPORTS_PREFIX="gate/")
    stack(ReportsBucketName=REPORTS, ReportsPrefix="gate/")
    world.put_images()
    world.judge(world.drop())

    assert main(["report", MANIFEST]) == 0

    assert "VALID" in capsys.readouterr().out


@pytest.mark.usefixtures("judged")
def test_a_stack_that_does_not_tell_is_named(stack: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    stack("of-something-else", Color="blue")

    for name in ("of-something-else", "missing"):
        told = complaint(capsys, MANIFEST, "--stack", name)
        assert f"'{name}'" in told
        assert "--stack" in told
        assert "--reports" in told


def test_a_missing_report_tells_how_to_wait(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.drop()

    told = complaint(capsys, MANIFEST, *AT_REPORTS)

    assert f"There is no report at s3://{REPORTS}/{MANIFESTS}/train/my.manifest/" in told
    assert "--wait 60" in told


def test_waiting_picks_up_a_report_that_comes_later(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_images()
    event = world.drop()
    waits = iter([lambda: None, lambda: world.invoke(event)])
    monkeypatch.setattr(time, "sleep", lambda _seconds: next(waits)())

    assert main(["report", MANIFEST, *AT_REPORTS, "--wait", "600"]) == 0

    printed = capsys.readouterr()
    assert f"\nVALID  {MANIFEST}  " in printed.out
    assert printed.err == "waiting up to 600 s for the report\n"
    assert not list(waits)


def test_waiting_comes_to_an_end(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(deployed, "time", SimpleNamespace(monotonic=lambda: sum(slept), sleep=slept.append))
    world.drop()

    assert main(["report", MANIFEST, *AT_REPORTS, "--wait", "2.5"]) == 2

    assert "There is no report at" in capsys.readouterr().err
    assert sum(slept) == 2.5
    assert world.wire.count("HeadObject", "report.json") == len(slept) + 1


def test_a_ready_report_is_not_waited_for(judged: Json, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged

    assert main(["report", MANIFEST, *AT_REPORTS, "--wait", "600"]) == 0

    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("my.manifest", "write s3://BUCKET/KEY"),
        (f"s3://{MANIFESTS}", "write s3://BUCKET/KEY"),
        (f"s3://{MANIFESTS}/missing.manifest", f"There is no s3://{MANIFESTS}/missing.manifest."),
        ("s3://\udcff/my.manifest", "is not UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_asked_for_is_named(
    manifest: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in complaint(capsys, manifest, *AT_REPORTS)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("seconds", ["soon", "-1", "nan", "inf"])
def test_a_wait_is_a_number_of_seconds(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["report", MANIFEST, "--wait", seconds])

    assert stop.value.code == 2
    assert f"'{seconds}' is not a number of seconds" in capsys.readouterr().err


def test_what_others_put_there_is_told(world: World, judged: Json, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged
    world.s3.put_object(Bucket=REPORTS, Key=world.report_keys()[0], Body=b"{}")

    assert "was not written by the gate" in complaint(capsys, MANIFEST, *AT_REPORTS)


def test_a_report_that_others_wrote_does_not_command_the_terminal(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    report = world.judge(world.drop(good()[:100]))
    report["findings"][0] |= {"message": "\x1b[31mred", "value": "\u202e", "fix": "\x9b1m"}
    key = world.report_keys()[0]
    metadata = world.s3.head_object(Bucket=REPORTS, Key=key)["Metadata"]
    world.s3.put_object(Bucket=REPORTS, Key=key, Body=json.dumps(report).encode(), Metadata=metadata)

    for output in ("text", "json"):
        assert main(["report", MANIFEST, *AT_REPORTS, "--format", output]) == 1

        printed = capsys.readouterr().out
        assert "[31mred" in printed
        assert printed.replace("\n", "").isprintable()


def test_without_credentials_the_command_says_so(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    socket_disabled: None,  # noqa: ARG001
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    assert "credentials" in complaint(capsys, MANIFEST)
    assert "credentials" in complaint(capsys, MANIFEST, *AT_REPORTS)
