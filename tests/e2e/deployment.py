"""A deployed stack with the built artifact answering for it under Lambda's real runtime."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3

from local.emulator import REGION, Client, Emulator
from local.gate import Gate
from local.runtime import Function, Runtime, Shim
from local.s3_front import S3Front
from local.stack import Stack, deploy

IMAGES = "images-of-parts"
"""A bucket apart from the manifests', so that what the function may do in each is told apart."""

LAKE = "lake-of-images"
"""A bucket with 3,000 objects, of which a manifest may want a few."""

PARAMETERS = {
    "FailureEmail": "you@example.com",
    "ImagesBucketArns": f"arn:aws:s3:::{IMAGES},arn:aws:s3:::{LAKE}",
    "TagManifests": "true",
    "JudgedEventBus": "default",
    "TimeoutSeconds": "60",
}


POLICY = "validate-manifest"
"""The function's own policy, in its role."""


@dataclass(frozen=True)
class Deployment:
    emulator: Emulator
    stack: Stack
    gate: Gate
    function: Function
    shim: Shim
    s3: S3Front

    @property
    def runtime(self) -> Runtime:
        """What answers for it now."""
        return self.shim.runtime

    @contextmanager
    def answered_by(self, runtime: Runtime) -> Iterator[None]:
        """Lets another runtime answer, for a while."""
        usual = self.runtime
        self.shim.runtime = runtime
        try:
            yield
        finally:
            self.shim.runtime = usual

    def client_as_role(self, service: str) -> Client:
        """A client that may do what the function may do."""
        return client_as_role(self.emulator, self.function, service)

    def printed(self) -> list[dict[str, Any]]:
        """What the function printed: its log lines and metrics."""
        lines = self.runtime.process.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def deployed(
    emulator: Emulator,
    artifact: Path,
    parameters: Mapping[str, str] | None = None,
    name: str = "manifest-gate",
) -> Iterator[Deployment]:
    stack = deploy(emulator, artifact, parameters or PARAMETERS, name)
    if topic := stack.outputs.get("VerdictsTopicArn"):
        forbid_by_default(emulator, topic)
    function = Function.of(emulator, stack)
    role = client_as_role(emulator, function, "s3")
    with S3Front(emulator.endpoint_url, role) as s3:
        function = replace(function, variables=function.variables | {"AWS_ENDPOINT_URL_S3": s3.url})
        log = emulator.folder / f"{name}.log"
        with Runtime(artifact, function, log=log) as runtime, Shim(runtime) as shim:
            function.answer_by(shim, emulator)
            yield Deployment(emulator, stack, Gate(emulator, stack), function, shim, s3)


def client_as_role(emulator: Emulator, function: Function, service: str) -> Client:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return client_of(emulator, service, *(function.credentials[name] for name in names))


def client_of(emulator: Emulator, service: str, key: str, secret: str, token: str | None = None) -> Client:
    """A client with somebody's credentials."""
    return boto3.client(
        service,
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def forbid_by_default(emulator: Emulator, topic: str) -> None:
    """Lets the role's policy alone decide who publishes.

    The embedded AWS takes a topic's default policy for a permission to all of the account.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    emulator.client("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@contextmanager
def without(deployment: Deployment, sid: str) -> Iterator[None]:
    """Takes a statement out of the function's policy, for a while."""
    iam = deployment.emulator.client("iam")
    name = {
        "RoleName": deployment.stack.resources["ValidateManifestRole"],
        "PolicyName": POLICY,
    }
    document = iam.get_role_policy(**name)["PolicyDocument"]
    kept = [statement for statement in document["Statement"] if statement["Sid"] != sid]
    assert len(kept) == len(document["Statement"]) - 1
    iam.put_role_policy(**name, PolicyDocument=json.dumps(document | {"Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(**name, PolicyDocument=json.dumps(document))
