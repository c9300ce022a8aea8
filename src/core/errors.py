"""The families of error.

Faults of the customer's data are findings: values, never exceptions. Faults of the world are raised:

    GateError
    |-- RetryableError      throttling, 5xx, time-outs, conflicts: the same call may work later
    `-- PermanentError      a person must act; the message says how
        |-- RefusedError        this bucket or key can never be asked for
        |-- AccessDeniedError
        |-- NoSuchBucketError
        `-- NoRoomError         the scratch space is full
"""

from __future__ import annotations

from collections.abc import Sequence


class GateError(Exception):
    """A fault of the world: of storage, network, permissions or settings, never of the data."""


class RetryableError(GateError):
    """The same call may succeed later."""


class PermanentError(GateError):
    """A retry does not help; the message says what a person must do."""


class RefusedError(PermanentError):
    """The store does not take this call, for the bucket or the key that it names."""


class AccessDeniedError(PermanentError):
    """The credentials may not make this call."""


class NoSuchBucketError(PermanentError):
    """The bucket does not exist."""


class NoRoomError(PermanentError):
    """The scratch space is full."""


def together(errors: Sequence[GateError], what: str) -> GateError:
    """One error for several: retryable if a retry helps with any of them.

    Args:
        errors: At least one.
        what: What failed, each with one error: `records`.
    """
    if len(errors) == 1:
        return errors[0]
    family = RetryableError if any(isinstance(error, RetryableError) for error in errors) else PermanentError
    return family(f"{len(errors)} {what}: " + " | ".join(map(str, errors)))
