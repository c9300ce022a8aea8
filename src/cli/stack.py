"""The deployed gate, as its stack describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from aws.clients import stack_values
from core.errors import PermanentError


@dataclass(frozen=True, slots=True)
class DeployedGate:
    """What commands need to know of a stack.

    Attributes:
        function: Name of the function.
        queues: URLs of the queues with events that were not judged.
        manifests_bucket: Where manifests are dropped.
        manifests_prefix: With which their keys begin.
        manifests_suffix: With which their keys end.
        reports_bucket: Where reports lie.
        reports_prefix: Where in that bucket they begin.
    """

    function: str
    queues: tuple[str, ...]
    manifests_bucket: str
    manifests_prefix: str
    manifests_suffix: str
    reports_bucket: str
    reports_prefix: str

    @classmethod
    def of(cls, stack: str) -> Self:
        """Asks CloudFormation.

        Raises:
            PermanentError: The stack is no gate.
            GateError: It cannot be asked.
        """
        values = stack_values(stack)
        names = ("FailureQueueUrl", "UndeliveredEventsQueueUrl")
        try:
            return cls(
                function=values["FunctionName"],
                queues=tuple(values[name] for name in names if name in values),
                manifests_bucket=values["ManifestsBucketName"],
                manifests_prefix=values["ManifestsPrefix"],
                manifests_suffix=values["ManifestsSuffix"],
                reports_bucket=values["ReportsBucketName"],
                reports_prefix=values["ReportsPrefix"],
            )
        except KeyError as error:
            raise PermanentError(f"Stack {stack!r} has no {error}; name the gate's stack with --stack.") from error
