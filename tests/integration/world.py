"""An AWS in this process: the real adapters and handler, botocore as it is, and moto behind it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit
from uuid import uuid4

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from handlers.validate_manifest import lambda_handler
from tests.builders import Object, line, manifest

ACCOUNT = "123456789012"
MANIFESTS, REPORTS, IMAGES = "drop-here", "verdicts", "parts"
AT_MANIFESTS = f"s3://{MANIFESTS}/"
MINUTE = 60_000

Json = dict[str, Any]


def image(key: str, class_name: str = "normal", bucket: str = IMAGES) -> Object:
    """A line that names an image."""
    return line(f"s3://{bucket}/{key}", class_name)


def good_keys(count: int = 30) -> list[str]:
    """Images enough for a dataset."""
    return [f"images/{number:05}.png" for number in range(count)]


def good(keys: Iterable[str] | None = None) -> bytes:
    """A manifest with nothing to complain about, if its images exist: every third is an anomaly."""
    keys = good_keys() if keys is None else keys
    return manifest(*(image(key, "anomaly" if number % 3 == 2 else "normal") for number, key in enumerate(keys)))


@dataclass(frozen=True)
class Call:
    """One HTTP request that boto sent."""

    operation: str
    method: str
    bucket: str
    key: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: object

    @property
    def uri(self) -> str:
        """What it is about."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass
class Trap:
    """What is to happen to some requests, instead of or before what S3 does: those whose location holds a text."""

    operation: str
    action: Callable[[Call, Callable[[], object]], object]
    where: str
    times: int


@dataclass
class Wire:
    """Lies between botocore and moto: knows every request, and can break it."""

    calls: list[Call] = field(default_factory=list)
    traps: list[Trap] = field(default_factory=list)

    def count(self, operation: str, containing: str = "") -> int:
        """Requests of an operation whose key holds a text."""
        return sum(call.operation == operation and containing in call.key for call in self.calls)

    def operations(self, bucket: str | None = None) -> Counter[str]:
        """Requests by operation."""
        return Counter(call.operation for call in self.calls if bucket in (None, call.bucket))

    def fail(self, operation: str, status: int, code: str = "", *, where: str = "", times: int = 10**9) -> None:
        """Answers requests with an error, as S3 does."""
        body = f"<Error><Code>{code}</Code><Message>{code} for a test</Message></Error>"
        if operation == "Publish":
            body = f"<ErrorResponse>{body}</ErrorResponse>"
        if operation == "PutEvents":
            body = json.dumps({"__type": code, "message": f"{code} for a test"})
        self.answer(operation, status, "" if operation.startswith("Head") else body, where=where, times=times)

    def answer(
        self, operation: str, status: int, body: str = "", *, where: str = "", times: int = 10**9, **headers: str
    ) -> None:
        """Answers requests."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def action(_call: Call, _forward: Callable[[], object]) -> object:
            return AWSResponse("https://s3.test/", status, named, MockRawResponse(body))

        self.traps.append(Trap(operation, action, where, times))

    def before(self, operation: str, happening: Callable[[], object], *, where: str = "") -> None:
        """Lets something happen right before a request, once."""

        def action(_call: Call, forward: Callable[[], object]) -> object:
            happening()
            return forward()

        self.traps.append(Trap(operation, action, where, 1))

    def lose_answer(self, operation: str, error: Exception, *, where: str = "") -> None:
        """Lets a request be done, but its answer not arrive, once."""

        def action(_call: Call, forward: Callable[[], object]) -> object:
            forward()
            raise error

        self.traps.append(Trap(operation, action, where, 1))

    def break_off(self, operation: str, error: Exception, *, where: str = "", times: int = 10**9) -> None:
        """Lets requests not arrive."""

        def action(_call: Call, _forward: Callable[[], object]) -> object:
            raise error

        self.traps.append(Trap(operation, action, where, times))

    def mend(self) -> None:
        """Lets everything through again."""
        self.traps.clear()

    def send(self, event_name: str, request: AWSPreparedRequest, forward: Callable[[], object]) -> object:
        operation = event_name.rpartition(".")[2]
        call = _call(operation, request)
        self.calls.append(call)
        for trap in self.traps:
            if trap.operation == operation and trap.where in call.uri and trap.times > 0:
                trap.times -= 1
                return trap.action(call, forward)
        return forward()


def _call(operation: str, request: AWSPreparedRequest) -> Call:
    url = urlsplit(request.url)
    host, path = str(url.hostname), unquote(url.path).removeprefix("/")
    bucket = host.partition(".s3")[0] if ".s3" in host else ""
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    query = parse_qs(url.query, keep_blank_values=True)
    return Call(operation, str(request.method), bucket, path, query, headers, request.body)


@contextmanager
def wired() -> Iterator[Wire]:
    """Puts a wire between botocore and moto."""
    wire, usual = Wire(), BotocoreStubber.__call__

    def send(stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **kwargs: object) -> object:
        return wire.send(event_name, request, lambda: usual(stubber, event_name, request, **kwargs))

    BotocoreStubber.__call__ = send
    try:
        yield wire
    finally:
        BotocoreStubber.__call__ = usual


@cache
def client(service: str) -> Any:  # noqa: ANN401
    """A client; made once, as that takes longest."""
    return boto3.client(service)


class Inbox:
    """A topic, and all that is published there."""

    def __init__(self) -> None:
        self.topic = client("sns").create_topic(Name="failures")["TopicArn"]
        self._seen = 0

    def messages(self) -> list[Json]:
        """What came since the last look: `Message` for people, `Document` for programs, `Raw` as it was sent."""
        sent = sns_backends[ACCOUNT]["us-east-1"].topics[self.topic].sent_notifications
        new, self._seen = sent[self._seen :], len(sent)
        names = ("MessageId", "Message", "Subject", "MessageAttributes", "group")
        return [_by_protocol(dict(zip(names, message, strict=True))) for message in new]

    def verdicts(self) -> list[str]:
        """The verdicts that came since the last look."""
        return [message["MessageAttributes"]["verdict"]["Value"] for message in self.messages()]


def _by_protocol(message: Json) -> Json:
    raw = message["Message"]
    by_protocol = json.loads(raw)
    return message | {"Message": by_protocol["default"], "Document": json.loads(by_protocol["sqs"]), "Raw": raw}


class World:
    """Buckets, and the function."""

    def __init__(self, wire: Wire, *, versioned: bool = True) -> None:
        self.wire = wire
        self.s3 = client("s3")
        self._sequence = 0xAA00
        for bucket in (MANIFESTS, REPORTS, IMAGES):
            self.s3.create_bucket(Bucket=bucket)
        if versioned:
            self.version(MANIFESTS)
        wire.calls.clear()

    def version(self, bucket: str, status: str = "Enabled") -> None:
        """Turns versioning on or off."""
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    # What people and programs do

    def put_images(
        self, keys: Iterable[str] | None = None, body: bytes = b"image", bucket: str = IMAGES, **more: str
    ) -> None:
        """Puts images, past boto: it would take a while."""
        for key in good_keys() if keys is None else keys:
            s3_backends[ACCOUNT]["aws"].put_object(bucket, key, body, **more)

    def drop(self, body: bytes | None = None, key: str = "train/my.manifest", **more: Any) -> Json:  # noqa: ANN401
        """Puts a manifest, a good one by default; gives the event that S3 sends."""
        put = self.s3.put_object(Bucket=MANIFESTS, Key=key, Body=good() if body is None else body, **more)
        self.wire.calls.clear()
        return self.event(key, put)

    def event(self, key: str, put: Any, sequencer: str | None = None) -> Json:  # noqa: ANN401
        """The event of a put."""
        self._sequence += 1
        told = {
            "key": quote_plus(key, safe="/"),
            "size": 1,
            "eTag": put["ETag"].strip('"'),
            "sequencer": f"{self._sequence:018X}" if sequencer is None else sequencer,
        }
        if version := put.get("VersionId"):
            told["versionId"] = version
        s3 = {"bucket": {"name": MANIFESTS}, "object": told}
        return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]}

    # What the function does

    def invoke(self, event: object, *, remaining: Callable[[], int] = lambda: 15 * MINUTE, request: str = "") -> Json:
        """Invokes the function as Lambda does: the event comes as JSON, and the answer goes as JSON."""
        context = SimpleNamespace(
            function_name="validate-manifest",
            memory_limit_in_mb=1_024,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:validate-manifest",
            aws_request_id=request or str(uuid4()),
            get_remaining_time_in_millis=remaining,
        )
        answer: Json = json.loads(json.dumps(lambda_handler(json.loads(json.dumps(event)), context)))
        return answer

    def judge(self, event: object, **more: Any) -> Json:  # noqa: ANN401
        """Invokes the function and reads the one report that comes of it."""
        (manifest,) = self.invoke(event, **more)["manifests"]
        assert manifest["outcome"] == "judged"
        return self.read_report(manifest["report"])

    def read_report(self, uri: str | None = None) -> Json:
        """The report at a location, or the only one that there is."""
        key = self.report_keys()[0] if uri is None else uri.removeprefix(f"s3://{REPORTS}/")
        report: Json = json.loads(self.read(key))
        return report

    def read(self, key: str, bucket: str = REPORTS) -> bytes:
        """An object."""
        content: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def outputs(self) -> list[str]:
        """Every key in the reports bucket."""
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=REPORTS).get("Contents", [])]

    def report_keys(self) -> list[str]:
        """The keys of reports."""
        return [key for key in self.outputs() if key.endswith("/report.json")]

    def findings_file(self, report: Json) -> list[Json]:
        """Every finding of a run, as its file tells."""
        return [json.loads(each) for each in self.read(report["files"]["findings.jsonl"]["key"]).splitlines()]

    def receipts(self) -> list[Json]:
        """The receipts of what was published."""
        return [json.loads(self.read(key)) for key in self.outputs() if key.endswith("/notification.json")]


def rules(report: Json) -> set[str]:
    """The rules that a report tells of."""
    return set(report["totals"])
