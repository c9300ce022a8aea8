"""Events that were not judged: those that failed every attempt, and those that never reached the function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aws.clients import Client
from aws.faults import translated

HIDDEN_SECONDS: Final = 960
"""How long nobody else gets a message: the longest run, and a minute."""
_POLL_SECONDS: Final = 2
"""Without a wait SQS asks some of its servers only, and may say that a queue is empty which is not."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One event of the queue.

    Attributes:
        event: As the function was, or would have been, sent it.
        id: SQS's id of the message.
        handle: By which it is removed or put back.
    """

    event: object
    id: str
    handle: str


class FailureQueue:
    """Receives events, each hidden from others meanwhile.

    Args:
        client: A client for SQS.
        url: The queue.
    """

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    def __iter__(self) -> Iterator[Failure]:
        """Every event once, until the queue gives no other.

        Raises:
            GateError: The queue cannot be read.
        """
        seen: set[str] = set()
        while True:
            with translated(f"Receiving from {self._url}", grant="sqs:ReceiveMessage on the queue"):
                answer = self._client.receive_message(
                    QueueUrl=self._url, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=_POLL_SECONDS
                )
            if not (messages := answer.get("Messages")):
                return
            message = messages[0]
            if message["MessageId"] not in seen:
                seen.add(message["MessageId"])
                yield Failure(_event(message["Body"]), message["MessageId"], message["ReceiptHandle"])

    def remove(self, failure: Failure) -> None:
        """Removes an event for good.

        Raises:
            GateError: It is still there.
        """
        with translated(f"Deleting from {self._url}", grant="sqs:DeleteMessage on the queue"):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=failure.handle)

    def put_back(self, failure: Failure) -> None:
        """Shows an event again at once, not only when its time is up.

        Raises:
            GateError: It stays hidden until then.
        """
        with translated(f"Putting back into {self._url}", grant="sqs:ChangeMessageVisibility on the queue"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=failure.handle, VisibilityTimeout=0
            )


def _event(body: str) -> object:
    """Lambda wraps an event that failed; EventBridge sends it as it is."""
    try:
        event = json.loads(body)
    except ValueError:  # somebody else's message: the function says so
        return body
    return event["requestPayload"] if isinstance(event, dict) and "requestPayload" in event else event
