"""The deployed function, called directly."""

from __future__ import annotations

import json
import random
import time
from typing import Any, Final

from botocore.exceptions import ClientError

from aws.clients import Client
from aws.faults import is_passing, translated
from core.errors import PermanentError, RetryableError

_WAITS: Final = (1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20)
"""Seconds between attempts while the function is busy: some two minutes at most."""
_LATER: Final = "The same call may succeed later."


class DeployedFunction:
    """Calls the function and waits for its answer: at no time are there more runs than callers.

    Args:
        client: A client for Lambda.
        name: The function.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name

    def call(self, event: object) -> list[dict[str, Any]]:
        """Judges the manifests of an event, or of a direct call.

        Args:
            event: What the function would have been sent.

        Returns:
            What became of each manifest: `bucket`, `key`, `verdict`, `findings`, `report`, `outcome`.

        Raises:
            RetryableError: The same call may succeed later.
            PermanentError: A person must act.
        """
        with translated(f"Calling function {self._name!r}", grant="lambda:InvokeFunction on the function"):
            answer = self._invoke(json.dumps(event).encode())
            told = json.loads(answer["Payload"].read())
        if "FunctionError" not in answer:
            manifests: list[dict[str, Any]] = told["manifests"]
            return manifests
        message = str(told.get("errorMessage"))
        if told.get("errorType") == RetryableError.__name__:
            raise RetryableError(f"{message} {_LATER}")
        raise PermanentError(message)

    def _invoke(self, payload: bytes) -> dict[str, Any]:
        """Asks again where Lambda answers that nothing ran, and never where its answer is lost: the run may go on."""
        waits = iter(_WAITS)
        while True:
            try:
                answer: dict[str, Any] = self._client.invoke(FunctionName=self._name, Payload=payload)
            except ClientError as error:
                seconds = next(waits, None)
                if seconds is None or not is_passing(error):
                    raise
            else:
                return answer
            time.sleep(seconds * random.uniform(0.5, 1))  # noqa: S311 - no secret
