"""The function: judges every manifest of an event."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from core.errors import GateError, RetryableError, together
from handlers.clock import Clock
from handlers.events import Asked, Ignored, read_event
from handlers.observability import logger
from handlers.wiring import gate


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Judges each manifest of an event on its own, so that a bad record does not hide the others.

    Args:
        event: An S3, EventBridge, SQS or SNS event, or `{"bucket", "key", "version_id"?}`.
        context: Lambda's.

    Returns:
        `{"manifests": [{"bucket", "key", "verdict", "findings", "report", "outcome"}]}`.

    Raises:
        RetryableError: At least one manifest may be judged at a later attempt.
        PermanentError: At least one cannot, until a person acts.
    """
    clock = Clock(context.get_remaining_time_in_millis)
    judged: list[dict[str, object]] = []
    errors: list[GateError] = []
    the_gate = gate()
    for number, request in enumerate(read_event(event, the_gate.settings), start=1):
        match request:
            case Ignored(reason):
                logger.info("Ignored", reason=reason)
            case Asked(manifest, direct):
                identity = {"manifest": manifest.uri, "version": manifest.version, "etag": manifest.etag}
                with logger.append_context_keys(**identity):
                    try:
                        if judged and clock.out_of_time():
                            raise RetryableError(f"No time was left for {manifest.uri}.")
                        run = f"{context.aws_request_id}-{number}"
                        outcome = the_gate.judge(manifest, direct=direct, run=run, clock=clock)
                    except GateError as error:
                        logger.error("Not judged to the end", reason=str(error))
                        errors.append(error)
                    else:
                        judged.append(outcome.to_json())
            case error:
                logger.error("Unreadable record", reason=str(error))
                errors.append(error)
    if errors:
        raise together(errors, "records")
    return {"manifests": judged}
