"""The topic that hears of judgements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws.faults import translated
from core.notification import Console, Notification

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class SnsTopic:
    """Publishes notifications.

    Args:
        client: A client for SNS.
        arn: The topic.
    """

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    @property
    def console(self) -> Console:
        """The console of the topic's partition and region."""
        _, partition, _, region, *_ = self._arn.split(":")
        return Console(partition, region)

    def publish(self, notification: Notification) -> str:
        """Publishes one notification.

        Returns:
            SNS's id of the message.

        Raises:
            GateError: SNS did not take it.
        """
        texts = {
            "verdict": notification.verdict.value,
            "manifest": notification.manifest,
            "bucket": notification.bucket,
            "key": notification.key,
        }
        with translated(f"Publishing to {self._arn}", grant=f"sns:Publish on {self._arn}"):
            answer = self._client.publish(
                TopicArn=self._arn,
                Subject=notification.subject,
                Message=notification.message,
                MessageStructure="json",
                MessageAttributes={
                    **{name: {"DataType": "String", "StringValue": text} for name, text in texts.items()},
                    "rules": {"DataType": "String.Array", "StringValue": notification.rules_json},
                },
            )
        return answer["MessageId"]
