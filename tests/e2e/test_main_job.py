"""A put, a report, and nothing else to do: with policies enforced, the built artifact answering."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator import CREDENTIALS
from local.gate import Gate, Message
from local.manifests import Sample, faulty, good, large
from tests.e2e.deployment import IMAGES, Deployment

UPLOAD = "import boto3, sys; boto3.client('s3').upload_file(*sys.argv[1:])"


def test_put_by_another_process_yields_report(deployment: Deployment, tmp_path: Path) -> None:
    gate, sample = deployment.gate, good(IMAGES)
    gate.put_images(IMAGES, sample.images)
    file = tmp_path / "my.manifest"
    file.write_bytes(sample.body)
    environment = CREDENTIALS | {"AWS_ENDPOINT_URL": deployment.emulator.endpoint_url}
    command = [sys.executable, "-c", UPLOAD, file, gate.manifests, "by-another-process.manifest"]
    subprocess.run(command, env=os.environ | environment, check=True)

    report = gate.wait_for_report("by-another-process.manifest", gate.version("by-another-process.manifest"))

    assert report["verdict"] == "VALID"
    assert report["findings"] == []
    assert report["statistics"]["images"]["checked"] == len(sample.images)


@pytest.mark.parametrize("make", [good, faulty, large])
def test_samples_come_to_what_the_demo_promises(deployment: Deployment, make: Callable[[str], Sample]) -> None:
    gate, sample = deployment.gate, make(IMAGES)
    gate.put_images(IMAGES, sample.images)

    report = gate.wait_for_report(sample.key, gate.drop(sample.key, sample.body))

    assert report["verdict"] == sample.verdict
    assert set(report["totals"]) == sample.rules
    assert report["statistics"]["lines"]["total"] == len(sample.body.splitlines())


def test_faulty_manifest_is_told_to_the_topic(deployment: Deployment) -> None:
    gate, sample = deployment.gate, faulty(IMAGES)
    gate.put_images(IMAGES, sample.images)
    report = gate.wait_for_report("told.manifest", gate.drop("told.manifest", sample.body))

    message = wait_for_message(gate, "told.manifest")

    attributes = {name: item["Value"] for name, item in message["MessageAttributes"].items()}
    assert attributes["verdict"] == report["verdict"] == "INVALID"
    assert attributes["manifest"] == f"s3://{gate.manifests}/told.manifest"
    assert "source-ref-other-bucket" in message["Message"]


def test_alarms_watch_metrics_that_the_artifact_emits(deployment: Deployment) -> None:
    gate = deployment.gate
    gate.wait_for_report("measured.manifest", gate.drop("measured.manifest", b"{\n"))

    deployed = deployment.stack.resources.values()
    alarms = deployment.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    watched = {
        (alarm["MetricName"], *((item["Name"], item["Value"]) for item in alarm["Dimensions"]))
        for alarm in alarms
        if alarm["Namespace"] == "ManifestGate" and alarm["AlarmName"] in deployed
    }
    emitted = {
        (metric["Name"], *((name, line[name]) for name in dimensions))
        for line in deployment.printed()
        if "_aws" in line
        for block in line["_aws"]["CloudWatchMetrics"]
        for dimensions in block["Dimensions"]
        for metric in block["Metrics"]
        if block["Namespace"] == "ManifestGate"
    }
    assert len(watched) == 2
    assert watched <= emitted


def wait_for_message(gate: Gate, key: str) -> Message:
    """The message about a manifest; those about others came first."""
    for _ in range(20):
        for message in gate.messages():
            if key in message["Subject"]:
                return message
    raise TimeoutError
