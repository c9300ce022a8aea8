"""The deployed gate as its users meet it: put objects, read reports and messages."""

import io
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

import core.report
from core.judged import Judged
from core.layout import ReportPlace
from core.notification import Console, compose
from local import LocalError
from local.emulator import ACCOUNT, REGION, Emulator
from local.stack import Stack

Report = dict[str, Any]
Message = dict[str, Any]


class Gate:
    """A stack's buckets, its failure queue, and a queue subscribed to its topic if there is one."""

    def __init__(self, emulator: Emulator, stack: Stack) -> None:
        self._s3 = emulator.client("s3")
        self._sqs = emulator.client("sqs")
        self.manifests = stack.outputs["ManifestsBucketName"]
        self.reports = stack.outputs["ReportsBucketName"]
        self._failures = stack.outputs["FailureQueueUrl"]
        self._inbox = ""
        if topic := stack.outputs.get("VerdictsTopicArn"):
            self._inbox = self._subscribe_inbox(emulator, topic, f"{stack.name}-inbox")

    def put_images(
        self,
        bucket: str,
        images: Mapping[str, bytes],
        on_put: Callable[[], None] = lambda: None,
    ) -> None:
        """Puts images, several at a time."""
        with ThreadPoolExecutor(8) as threads:
            puts = [
                threads.submit(self._s3.put_object, Bucket=bucket, Key=key, Body=body) for key, body in images.items()
            ]
            for put in as_completed(puts):
                put.result()
                on_put()

    def drop(self, key: str, body: bytes) -> str:
        """Puts a manifest, in parts if it is over 8 MiB, and returns its version."""
        self._s3.upload_fileobj(io.BytesIO(body), self.manifests, key)
        return self.version(key)

    def version(self, key: str) -> str:
        """Returns the current version of a manifest."""
        version: str = self._s3.head_object(Bucket=self.manifests, Key=key)["VersionId"]
        return version

    def report(self, key: str, version: str) -> Report | None:
        """Reads the report on a version of a manifest, if it is there."""
        path = f"{self.manifests}/{key}/{version}/report.json"
        try:
            found = self._s3.get_object(Bucket=self.reports, Key=path)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        report: Report = json.loads(found["Body"].read())
        return report

    def wait_for_report(self, key: str, version: str, seconds: float = 30) -> Report:
        """Waits for the report on a version of a manifest.

        Raises:
            LocalError: It did not come; the message says why, if that is known.
        """
        deadline = time.monotonic() + seconds
        while (report := self.report(key, version)) is None:
            for failure in self.failures():
                raise LocalError(f"The function failed at every attempt: {cause(failure)}")
            if time.monotonic() > deadline:
                raise LocalError(f"There is no report on {key} after {seconds:g} s.")
            time.sleep(0.1)
        return report

    def messages(self, seconds: int = 1) -> list[Message]:
        """Receives what was published to the topic, waiting up to `seconds` for the first."""
        return self._receive(self._inbox, seconds)

    def mail(self, message: Message) -> str:
        """Returns what people read of a message: the queue gets JSON, and the embedded AWS sends no mail."""
        told = Judged.model_validate_json(message["Message"])
        found = self._s3.get_object(Bucket=told.report.bucket, Key=told.report.key)
        place = ReportPlace(told.report.bucket, told.report.key.removesuffix("report.json"))
        return compose(core.report.Report.model_validate_json(found["Body"].read()), place, Console("aws", REGION)).text

    def failures(self, seconds: int = 0) -> list[Message]:
        """Receives the events that failed every attempt, waiting up to `seconds` for the first."""
        return self._receive(self._failures, seconds)

    def download(self, key: str, version: str, folder: Path) -> list[Path]:
        """Copies all files on a version of a manifest into `folder`, and returns where they are."""
        prefix = f"{self.manifests}/{key}/{version}/"
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        listing = self._s3.list_objects_v2(Bucket=self.reports, Prefix=prefix)
        for item in listing.get("Contents", []):
            file = folder / item["Key"].rpartition("/")[2]
            self._s3.download_file(self.reports, item["Key"], str(file))
            files.append(file)
        return files

    def _subscribe_inbox(self, emulator: Emulator, topic: str, name: str) -> str:
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        may_send = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
        queue = self._sqs.create_queue(QueueName=name, Attributes={"Policy": policy})
        emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        url: str = queue["QueueUrl"]
        return url

    def _receive(self, queue: str, seconds: int) -> list[Message]:
        received = self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=seconds).get(
            "Messages", []
        )
        for message in received:
            self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in received]


def cause(failure: Message) -> str:
    """Returns why an event failed every attempt."""
    return str(failure["responsePayload"]["errorMessage"])
