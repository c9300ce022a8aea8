"""The event bus that hears of judgements."""

from __future__ import annotations

from botocore.exceptions import ClientError

from aws.clients import Client
from aws.faults import translated
from core.judged import DETAIL_TYPE, SOURCE, Judged


class EventBus:
    """Sends events.

    Args:
        client: A client for EventBridge.
        name: The bus.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name

    def send(self, judged: Judged) -> str:
        """Sends one event.

        Returns:
            EventBridge's id of the event.

        Raises:
            GateError: EventBridge did not take it.
        """
        entry = {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": judged.to_json(),
        }
        with translated(f"Sending to event bus {self._name}", grant=f"events:PutEvents on event bus {self._name}"):
            answer = self._client.put_events(Entries=[entry])
            (result,) = answer["Entries"]
            # An entry that failed is no error of the call.
            if answer["FailedEntryCount"]:
                code, message = str(result["ErrorCode"]), str(result.get("ErrorMessage", ""))
                raise ClientError({"Error": {"Code": code, "Message": message}}, "PutEvents")
        return str(result["EventId"])
