import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.cloudformation import PSEUDO_PARAMETERS, ROOT, Metric, deploy

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": PSEUDO_PARAMETERS["AWS::Region"],
}


def metrics_in(line: dict[str, Any]) -> Iterator[tuple[Metric, float]]:
    """Each metric that CloudWatch makes of a line of the log in its embedded metric format, with its value."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, line[name]) for name in names)
            for metric in directive["Metrics"]:
                yield (directive["Namespace"], metric["Name"], dimensions), sum(line[metric["Name"]])


@pytest.fixture(scope="module")
def emitted() -> dict[Metric, float]:
    """What the function really emits, in a process that has the environment of the template and no other."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.template.judge_bad_manifest"],
        cwd=ROOT,
        env=deploy().environment() | CREDENTIALS | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines() if '"_aws"' in line]
    return {metric: value for line in lines for metric, value in metrics_in(line)}


def test_alarms_watch_metrics_that_the_function_emits(emitted: dict[Metric, float]) -> None:
    watched = deploy().own_alarms()

    assert {name for _, name, _ in watched} == {"ManifestsRejected", "ManifestsIncomplete"}
    assert watched <= emitted.keys()


def test_a_rejected_manifest_raises_its_alarm_and_no_other(emitted: dict[Metric, float]) -> None:
    raised = {
        name for namespace, name, dimensions in deploy().own_alarms() if emitted[namespace, name, dimensions] >= 1
    }

    assert raised == {"ManifestsRejected"}
