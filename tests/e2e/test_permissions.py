"""Each statement of the function's policy is needed: without it a named scenario goes wrong."""

import json
import time
import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from local import ROOT
from local.gate import Report
from local.manifests import good, line, text
from tests.e2e.deployment import IMAGES, LAKE, Deployment, without


def judge(deployment: Deployment, body: bytes) -> Report | None:
    """Drops a manifest and gives its report; None if its event failed every attempt."""
    gate, key = deployment.gate, f"{uuid.uuid4()}.manifest"
    version = gate.drop(key, body)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (report := gate.report(key, version)) is not None:
            return report
        if gate.failures():
            return None
        time.sleep(0.1)
    raise TimeoutError


def a_good_manifest_is_valid(deployment: Deployment) -> bool:
    sample = good(IMAGES)
    deployment.gate.put_images(IMAGES, sample.images)
    report = judge(deployment, sample.body)
    return report is not None and report["verdict"] == "VALID"


def a_manifest_deleted_meanwhile_is_passed_over(deployment: Deployment) -> bool:
    s3 = {
        "bucket": {"name": deployment.gate.manifests},
        "object": {"key": "gone.manifest", "eTag": "0" * 32, "size": 1, "sequencer": "00AA"},
    }
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}
    answer = deployment.runtime.invoke({"Records": [record]})
    return "manifests" in answer


def scattered_images_are_found(deployment: Deployment) -> bool:
    keys = [f"lake/{number:04}.png" for number in range(0, 3_000, 150)]
    body = text(line(LAKE, key, anomaly=False) for key in keys)
    report = judge(deployment, body)
    return report is not None and report["verdict"] == "VALID"


def a_missing_image_is_named(deployment: Deployment) -> bool:
    body = text(iter([line(IMAGES, "no such image.png", anomaly=False)]))
    report = judge(deployment, body)
    return report is not None and "image-not-found" in report["totals"]


def a_rejection_is_published(deployment: Deployment) -> bool:
    gate, key = deployment.gate, f"{uuid.uuid4()}.manifest"
    gate.drop(key, b"{\n")
    while not gate.failures():
        if any(key in message["Message"] for message in gate.messages()):
            return True
    return False


def a_verdict_is_tagged(deployment: Deployment) -> bool:
    gate, key = deployment.gate, f"{uuid.uuid4()}.manifest"
    version = gate.drop(key, b"{\n")
    s3 = deployment.emulator.client("s3")
    while not gate.failures():
        if s3.get_object_tagging(Bucket=gate.manifests, Key=key, VersionId=version)["TagSet"]:
            return True
        time.sleep(0.1)
    return False


def an_event_is_sent(deployment: Deployment) -> bool:
    """The receipt says so; the event's way on is told in test_only_valid."""
    gate, key = deployment.gate, f"{uuid.uuid4()}.manifest"
    version = gate.drop(key, b"{\n")
    folder = f"{gate.manifests}/{key}/{version}/"
    s3 = deployment.emulator.client("s3")
    while not gate.failures():
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=gate.reports, Prefix=folder).get("Contents", [])]
        for receipt in (found for found in keys if found.endswith("/notification.json")):
            if "event" in json.loads(s3.get_object(Bucket=gate.reports, Key=receipt)["Body"].read()):
                return True
        time.sleep(0.1)
    return False


def lambda_puts_failures_into_the_queue(deployment: Deployment) -> bool:
    """Lambda does so as the function's role; the embedded AWS would without asking."""
    queue = deployment.stack.outputs["FailureQueueUrl"]
    allowed = may(deployment, "sqs", "send_message", QueueUrl=queue, MessageBody="{}")
    deployment.gate.failures()
    return allowed


SCENARIOS: dict[str, Callable[[Deployment], bool]] = {
    "ReadManifests": a_good_manifest_is_valid,
    "ListManifests": a_manifest_deleted_meanwhile_is_passed_over,
    "WriteReports": a_good_manifest_is_valid,
    "ListReports": a_good_manifest_is_valid,
    "ReadImages": scattered_images_are_found,
    "ListImages": a_missing_image_is_named,
    "TagManifests": a_verdict_is_tagged,
    "SendEvents": an_event_is_sent,
    "PublishVerdicts": a_rejection_is_published,
    "SendFailures": lambda_puts_failures_into_the_queue,
}
NOT_TO_BE_SHOWN_HERE = {
    "UseKey": "the embedded AWS does not encrypt",
    "WriteLogs": "the embedded AWS compares with the log group's ARN without the :* that AWS has there",
    "WriteTraces": "the embedded AWS has no X-Ray",
}


@pytest.mark.parametrize("sid", SCENARIOS)
def test_scenario_needs_statement(deployment: Deployment, sid: str) -> None:
    scenario = SCENARIOS[sid]

    assert scenario(deployment)
    with without(deployment, sid):
        assert not scenario(deployment)


def test_every_statement_has_its_scenario() -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    role = template["Resources"]["ValidateManifestRole"]["Properties"]
    (policy,) = role["Policies"]
    statements = [
        statement["Fn::If"][1] if "Fn::If" in statement else statement
        for statement in policy["PolicyDocument"]["Statement"]
    ]

    sids = [statement["Sid"] for statement in statements]

    assert sorted(sids) == sorted([*SCENARIOS, *NOT_TO_BE_SHOWN_HERE])


def test_event_that_failed_every_attempt_lies_in_the_failure_queue(deployment: Deployment) -> None:
    gate = deployment.gate
    with without(deployment, "ReadManifests"):
        version = gate.drop("unreadable.manifest", good(IMAGES).body)
        (failure,) = gate.failures(seconds=20)

    assert gate.report("unreadable.manifest", version) is None
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 3
    (record,) = failure["requestPayload"]["Records"]
    assert record["s3"]["object"]["key"] == "unreadable.manifest"
    assert "AccessDenied" in json.dumps(failure["responsePayload"])
    assert "s3:GetObject" in json.dumps(failure["responsePayload"])


def may(deployment: Deployment, service: str, call: str, **arguments: str) -> bool:
    """Whether the function's role may make a call."""
    client = deployment.client_as_role(service)
    try:
        getattr(client, call)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] not in {"AccessDenied", "AccessDeniedException"}
    return True
