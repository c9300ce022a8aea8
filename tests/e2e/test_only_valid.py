"""What stands behind the verdict: only VALID manifests are read, and only they start a training."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import ROOT
from local.emulator import ACCOUNT, REGION, Client, Emulator
from local.manifests import good
from tests.e2e.deployment import IMAGES, Deployment, client_of, deployed

ALLOWED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
MACHINE = {"StartAt": "Train", "States": {"Train": {"Type": "Pass", "End": True}}}
PARAMETERS = {
    "ImagesBucketArns": f"arn:aws:s3:::{IMAGES}",
    "TagManifests": "true",
    "JudgedEventBus": "default",
    "TimeoutSeconds": "60",
}
GOOD, BAD = "train/good.manifest", "train/bad.manifest"


@pytest.fixture(scope="module")
def training(emulator: Emulator) -> str:
    """A state machine that docs/start-training.yaml starts."""
    role = f"arn:aws:iam::{ACCOUNT}:role/training"
    emulator.client("iam").create_role(RoleName="training", AssumeRolePolicyDocument=json.dumps(ALLOWED))
    machine: str = emulator.client("stepfunctions").create_state_machine(
        name="training", definition=json.dumps(MACHINE), roleArn=role
    )["stateMachineArn"]
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(
        StackName="start-training",
        TemplateBody=(ROOT / "docs/start-training.yaml").read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": "StateMachineArn", "ParameterValue": machine}],
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="start-training", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return machine


@pytest.fixture(scope="module")
def judged(emulator: Emulator, artifact: Path, training: str) -> Iterator[Deployment]:
    """A gate that judged a good and a bad manifest, with docs/valid-only-policy.json in force from the start."""
    assert training
    with deployed(emulator, artifact, PARAMETERS, name="only-valid") as running:
        gate, sample = running.gate, good(IMAGES)
        # On AWS aws:PrincipalArn is the role; here it is the role's session.
        role = f"arn:aws:sts::{ACCOUNT}:assumed-role/{running.stack.resources['ValidateManifestRole']}/*"
        policy = (ROOT / "docs/valid-only-policy.json").read_text(encoding="utf-8")
        policy = policy.replace("BUCKET", gate.manifests).replace("GATE_ROLE_ARN", role)
        emulator.client("s3").put_bucket_policy(Bucket=gate.manifests, Policy=policy)
        gate.put_images(IMAGES, sample.images)
        for key, body in {BAD: b"{\n", GOOD: sample.body}.items():
            gate.wait_for_report(key, gate.drop(key, body))
            wait_for_tags(emulator.client("s3"), gate.manifests, key)
        yield running


@pytest.fixture(scope="module")
def reader(emulator: Emulator) -> Client:
    """S3 as somebody who may do everything there that no bucket's policy denies."""
    iam = emulator.client("iam")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="all-of-s3", PolicyDocument=json.dumps(ALLOWED))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return client_of(emulator, "s3", key["AccessKeyId"], key["SecretAccessKey"])


def wait_for_tags(s3: Client, bucket: str, key: str) -> None:
    """They come right after the report."""
    deadline = time.monotonic() + 20
    while not s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]:
        assert time.monotonic() < deadline, f"{key} has no tags"
        time.sleep(0.1)


def is_denied(s3: Client, call: str, **arguments: Any) -> bool:  # noqa: ANN401
    try:
        getattr(s3, call)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in {"AccessDenied", "403"}
    return False


@pytest.mark.parametrize("call", ["get_object", "head_object"])
def test_only_valid_manifests_are_read(judged: Deployment, reader: Client, call: str) -> None:
    bucket = judged.gate.manifests

    assert not is_denied(reader, call, Bucket=bucket, Key=GOOD)
    assert is_denied(reader, call, Bucket=bucket, Key=BAD)
    for key, denied in {GOOD: False, BAD: True}.items():
        assert is_denied(reader, call, Bucket=bucket, Key=key, VersionId=judged.gate.version(key)) is denied


def test_manifest_without_a_verdict_is_not_read(judged: Deployment, emulator: Emulator, reader: Client) -> None:
    unseen = {"Bucket": judged.gate.manifests, "Key": "unseen.manifest"}
    emulator.client("s3").put_object(**unseen, Body=b"{\n")
    wait_for_tags(emulator.client("s3"), bucket=unseen["Bucket"], key=unseen["Key"])
    emulator.client("s3").delete_object_tagging(**unseen)

    assert is_denied(reader, "get_object", **unseen)


def test_other_objects_are_read(judged: Deployment, reader: Client) -> None:
    image = {"Bucket": judged.gate.manifests, "Key": "image.png"}
    reader.put_object(**image, Body=b"image")

    assert not is_denied(reader, "get_object", **image)


@pytest.mark.parametrize("key", [GOOD, BAD])
def test_nobody_else_changes_the_verdict(judged: Deployment, emulator: Emulator, reader: Client, key: str) -> None:
    target = {"Bucket": judged.gate.manifests, "Key": key}
    forged = {"TagSet": [{"Key": "manifest-gate-verdict", "Value": "VALID"}]}
    before = emulator.client("s3").get_object_tagging(**target)["TagSet"]

    assert is_denied(reader, "put_object_tagging", **target, Tagging=forged)
    assert is_denied(reader, "delete_object_tagging", **target)
    assert emulator.client("s3").get_object_tagging(**target)["TagSet"] == before


def test_event_starts_a_training_only_on_valid(judged: Deployment, emulator: Emulator, training: str) -> None:
    steps = emulator.client("stepfunctions")
    deadline = time.monotonic() + 20
    while not (started := steps.list_executions(stateMachineArn=training)["executions"]):
        assert time.monotonic() < deadline, "nothing was started"
        time.sleep(0.1)

    inputs = [json.loads(steps.describe_execution(executionArn=each["executionArn"])["input"]) for each in started]
    assert [(each["manifest"]["key"], each["verdict"]) for each in inputs] == [(GOOD, "VALID")]
    (told,) = inputs
    report = json.loads(emulator.client("s3").get_object(**pascal(told["report"]))["Body"].read())
    assert told["manifest"] == report["manifest"]
    assert told["run"] == report["run"]
    assert judged.gate.reports == told["report"]["bucket"]
    assert REGION in training


def pascal(place: dict[str, str]) -> dict[str, str]:
    """A place as boto3 takes it."""
    return {name.capitalize(): value for name, value in place.items()}
