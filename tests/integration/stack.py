"""A stack as the commands see it: its values, its queues, and a function that is the real handler."""

import io
import json
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from core.errors import GateError
from tests.integration.world import MANIFESTS, REPORTS, Call, Json, Trap, World, client


@dataclass
class Deployed:
    """A deployed gate.

    Attributes:
        world: Where its buckets lie.
        failures: URL of the queue of what failed every attempt.
        undelivered: URL of the queue of what never reached the function, if there is one.
        events: What the function was called with.
    """

    world: World
    failures: str
    undelivered: str | None
    events: list[Json] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, event: object, queue: str | None = None) -> None:
        """An event failed every attempt, and Lambda put it into the queue."""
        body = {
            "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
            "requestPayload": event,
            "responsePayload": {"errorType": "PermanentError", "errorMessage": "Reading was denied."},
        }
        self.send(json.dumps(body), queue)

    def send(self, body: str, queue: str | None = None) -> None:
        """Puts a message into a queue, that of failures by default."""
        client("sqs").send_message(QueueUrl=queue or self.failures, MessageBody=body)

    def waiting(self, queue: str | None = None) -> list[str]:
        """What can be received from a queue now."""
        got = client("sqs").receive_message(
            QueueUrl=queue or self.failures, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in got.get("Messages", [])]

    def answer(self, call: Call, _forward: Callable[[], object]) -> AWSResponse:
        """Answers an invocation as Lambda does."""
        event: Any = json.loads(str(call.body, "utf-8") if isinstance(call.body, bytes) else str(call.body))
        with self._turn, redirect_stdout(io.StringIO()):
            self.events.append(event)
            try:
                return _response(json.dumps(self.world.invoke(event)))
            except GateError as error:
                told = {"errorType": type(error).__name__, "errorMessage": str(error)}
                return _response(json.dumps(told), {"X-Amz-Function-Error": "Unhandled"})


def _response(body: str, headers: Json | None = None) -> AWSResponse:
    return AWSResponse("https://lambda.test/", 200, headers or {}, MockRawResponse(body))


def deploy(world: World, *, existing: bool = False, name: str = "manifest-gate", **parameters: str) -> Deployed:
    """Deploys a stack that has parameters and outputs, and lets the handler answer for its function."""
    sqs = client("sqs")
    failures = sqs.create_queue(QueueName="failures")["QueueUrl"]
    undelivered = sqs.create_queue(QueueName="undelivered")["QueueUrl"] if existing else None
    outputs = {
        "FunctionName": "validate-manifest",
        "FailureQueueUrl": failures,
        "ManifestsBucketName": MANIFESTS,
        "ReportsBucketName": REPORTS,
    } | ({"UndeliveredEventsQueueUrl": undelivered} if undelivered else {})
    values = {"ManifestsPrefix": "", "ManifestsSuffix": ".manifest", "ReportsPrefix": ""} | parameters
    template = {
        "Parameters": {key: {"Type": "String", "Default": value} for key, value in values.items()},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    deployed = Deployed(world, failures, undelivered)
    world.wire.traps.append(Trap("Invoke", deployed.answer, "", 10**9))
    return deployed
