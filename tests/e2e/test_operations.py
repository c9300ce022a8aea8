"""The commands of docs/operations.md, run by a shell against the deployed stack."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import ROOT
from local.emulator import CREDENTIALS
from local.manifests import good
from tests.docs.operations import PREAMBLE, SECTIONS, shells
from tests.e2e.deployment import IMAGES, Deployment, without

PROGRAMS = {"aws": "-m tests.e2e.aws_command", "manifest-gate": "-m cli.main", "python3": ""}
KEY = "train/my.manifest"

Run = Callable[..., str]


@pytest.fixture(scope="module")
def environment(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the commands need, variables that the document sets first included."""
    programs = tmp_path_factory.mktemp("programs")
    for name, arguments in PROGRAMS.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
        (programs / name).chmod(0o755)
    usual = CREDENTIALS | {
        "AWS_ENDPOINT_URL": deployment.emulator.endpoint_url,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    names = re.findall(r"^([A-Z]+)=", PREAMBLE, re.MULTILINE)
    values = shell("\n".join([PREAMBLE, *(f'echo "${name}"' for name in names)]), usual, programs).splitlines()
    return usual | dict(zip(names, values, strict=True)) | {"KEY": KEY}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs a block of a section as it stands in the document; gives what it printed."""

    def run(section: str, number: int = 0, status: int = 0) -> str:
        return shell(shells(SECTIONS[section])[number], environment, tmp_path, status)

    return run


def shell(script: str, environment: dict[str, str], folder: Path, status: int = 0) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def failed(deployment: Deployment) -> Iterator[list[str]]:
    """Two manifests whose events failed every attempt, for a cause that is mended since."""
    gate, sample, keys = deployment.gate, good(IMAGES), ["failed/one.manifest", "failed/two.manifest"]
    gate.put_images(IMAGES, sample.images)
    with without(deployment, "ReadManifests"):
        for key in keys:
            gate.drop(key, sample.body)
        wait_until(lambda: waiting(deployment) == len(keys))
    yield keys
    gate.failures()


def wait_until(reached: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def waiting(deployment: Deployment) -> int:
    name = "ApproximateNumberOfMessages"
    queue = deployment.stack.outputs["FailureQueueUrl"]
    told = deployment.emulator.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    return int(told["Attributes"][name])


def judged(deployment: Deployment, key: str) -> str | None:
    report = deployment.gate.report(key, deployment.gate.version(key))
    return report["verdict"] if report else None


def test_red_alarms_are_told_with_what_to_do(deployment: Deployment, run: Run) -> None:
    alarm = deployment.stack.resources["FailureQueueAlarm"]
    cloudwatch = deployment.emulator.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")

    told = run("An alarm rang")

    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a test")
    (line,) = (line for line in told.splitlines() if line.startswith(alarm))
    assert "manifest-gate redrive" in line


def test_the_queue_is_looked_at_and_worked_off(deployment: Deployment, run: Run, failed: list[str]) -> None:
    seen = run("Redrive what failed")
    assert all(key in seen for key in failed)
    assert "s3:GetObject" in seen
    assert waiting(deployment) == 2

    assert sorted(run("Redrive what failed", 1).splitlines()) == [
        f"VALID       s3://{deployment.gate.manifests}/{key}  judged, 0 findings" for key in failed
    ]

    assert waiting(deployment) == 0
    assert [judged(deployment, key) for key in failed] == ["VALID", "VALID"]
    assert run("Redrive what failed", 1) == ""


def test_what_fails_again_stays(deployment: Deployment, run: Run, failed: list[str]) -> None:
    with without(deployment, "ReadManifests"):
        assert run("Redrive what failed", 1, status=2) == ""

    assert waiting(deployment) == len(failed)


def test_one_message_is_worked_off_by_hand(deployment: Deployment, run: Run, failed: list[str]) -> None:
    for left in (1, 0):
        assert answered(run("Redrive what failed", 2))["verdict"] == "VALID"
        assert waiting(deployment) == left

    assert [judged(deployment, key) for key in failed] == ["VALID", "VALID"]


def test_a_message_stays_where_the_function_fails(deployment: Deployment, run: Run, failed: list[str]) -> None:
    with without(deployment, "ReadManifests"):
        run("Redrive what failed", 2, status=1)

    assert hidden_or_waiting(deployment) == len(failed)


def hidden_or_waiting(deployment: Deployment) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs, queue = deployment.emulator.client("sqs"), deployment.stack.outputs["FailureQueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    sqs.purge_queue(QueueUrl=queue)
    return sum(int(told[name]) for name in names)


def answered(printed: str) -> dict[str, Any]:
    """The one manifest of the function's answer, which is printed after what the command line says."""
    (manifest,) = json.loads(printed[printed.index('{"manifests"') :])["manifests"]
    return manifest


def test_a_manifest_is_judged_again_and_its_report_printed(deployment: Deployment, run: Run) -> None:
    gate, sample = deployment.gate, good(IMAGES)
    gate.put_images(IMAGES, sample.images)
    version = gate.drop(KEY, sample.body)
    before = gate.wait_for_report(KEY, version)

    answer = answered(run("Judge a manifest again"))

    after = gate.report(KEY, version)
    assert after is not None
    assert after["run"] != before["run"]
    shape = json.loads(SECTIONS["Judge a manifest again"].partition("```json\n")[2].partition("```")[0])["manifests"][0]
    assert answer.keys() == shape.keys()
    assert (answer["outcome"], answer["verdict"]) == ("judged", "VALID")
    assert run("What a report says", 1).startswith(f"VALID  s3://{gate.manifests}/{KEY}")


def test_a_prefix_is_judged(deployment: Deployment, run: Run, failed: list[str]) -> None:
    gate = deployment.gate
    version = gate.drop("bad.manifest", b"{\n")
    wait_until(lambda: gate.report("bad.manifest", version) is not None)

    first, second = run("Judge a whole prefix", status=1), run("Judge a whole prefix", status=1)

    for key in failed:
        assert f"VALID       s3://{gate.manifests}/{key}  judged, 0 findings\n" in first
        assert f"VALID       s3://{gate.manifests}/{key}  kept, 0 findings\n" in second
    for told in (first, second):
        assert f"INVALID     s3://{gate.manifests}/bad.manifest  kept, 1 finding\n" in told


def test_the_log_is_searched(deployment: Deployment, run: Run) -> None:
    gate = deployment.gate
    gate.wait_for_report("logged.manifest", gate.drop("logged.manifest", b"{\n"))
    put_into_log(deployment)

    # The embedded AWS takes patterns and leaves nothing out.
    assert f"s3://{gate.manifests}/logged.manifest" in run("What a report says")
    assert "Sandbox.Timedout" in run("What the log says")
    assert "a-long-run" in run("Runs that take long")


def put_into_log(deployment: Deployment) -> None:
    """Puts what the function printed, and what Lambda adds to that, where Lambda puts it."""
    report = {"type": "platform.report", "record": {"requestId": "a-long-run", "metrics": {"durationMs": 700_000}}}
    late = {"type": "platform.report", "record": {"requestId": "late", "status": "timeout", "what": "Sandbox.Timedout"}}
    group, logs = deployment.stack.outputs["LogGroupName"], deployment.emulator.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="of-a-test")
    lines = [line for line in deployment.printed() if line.get("message") == "Judged"]
    events = [
        {"timestamp": int(time.time() * 1000), "message": json.dumps(line)} for line in [*lines[-5:], report, late]
    ]
    logs.put_log_events(logGroupName=group, logStreamName="of-a-test", logEvents=events)


def test_the_gate_is_stopped_and_goes_on(run: Run) -> None:
    assert int(run("Runs that are refused").split()[0]) > 0
    run("Stop the gate")
    assert run("Runs that are refused").split()[1:] == ["0"]

    run("Stop the gate", 1)

    assert run("Runs that are refused").split()[1:] == []


@pytest.mark.parametrize(
    ("command", "section", "number"), [("redrive", "Redrive what failed", 1), ("backfill", "Judge a whole prefix", 0)]
)
def test_the_permissions_that_are_told_suffice(
    deployment: Deployment, environment: dict[str, str], failed: list[str], command: str, section: str, number: int
) -> None:
    rows = re.findall(r"^\| (.*?) \| (.*?) \|$", SECTIONS["What you need to be allowed"], re.MULTILINE)
    actions = {action for who, what in rows if f"`{command}`" in who for action in re.findall(r"`(\w+:\w+)`", what)}
    iam, user = deployment.emulator.client("iam"), {"UserName": f"operator-{command}"}
    iam.create_user(**user)
    key = iam.create_access_key(**user)["AccessKey"]
    mine = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    script = f"{shells(SECTIONS[section])[number].strip()} 2>&1 || true"

    before = shell(script, environment | mine, deployment.emulator.folder)
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(**user, PolicyName="operator", PolicyDocument=policy)
    after = shell(script, environment | mine, deployment.emulator.folder)

    assert "was denied" in before
    assert "Grant cloudformation:DescribeStacks" in before
    assert "denied" not in after
    assert all(f"{key}  judged, 0 findings" in after for key in failed)


def test_the_dashboard_is_deployed(deployment: Deployment) -> None:
    stack = deployment.stack
    name = stack.resources["OperationsDashboard"]

    body = json.loads(deployment.emulator.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])

    (alarms,) = (widget["properties"]["alarms"] for widget in body["widgets"] if widget["type"] == "alarm")
    known = deployment.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert set(alarms) <= {alarm["AlarmArn"] for alarm in known}
    assert stack.outputs["DashboardUrl"].endswith(f"#dashboards/dashboard/{name}")
