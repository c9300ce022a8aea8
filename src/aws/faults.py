"""AWS's errors, translated into the two families that the core knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError as BotoConnectionError,
    HTTPClientError,
    IncompleteReadError,
)

from core.errors import AccessDeniedError, GateError, NoSuchBucketError, PermanentError, RetryableError

_PASSING_STATUS: Final = frozenset({408, 409, 429})
_PASSING_CODES: Final = frozenset({"RequestTimeout", "SlowDown", "Throttling", "ThrottledException", "ThrottlingException"})
_CREDENTIALS: Final = "Check the AWS credentials and region."


def status_of(error: ClientError) -> int:
    """The HTTP status that AWS answered with."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code_of(error: ClientError) -> str:
    """AWS's code of an error; a HEAD has no body, so that its code is the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(doing: str, *, bucket: str = "", grant: str = "") -> Iterator[None]:
    """Raises AWS's errors as the core's.

    Args:
        doing: What was tried, as a sentence's subject: `Reading s3://…`.
        bucket: The bucket that it was tried on.
        grant: The permissions that it needs.

    Raises:
        RetryableError: The same call may succeed later.
        AccessDeniedError: The permissions are missing.
        NoSuchBucketError: The bucket does not exist.
        PermanentError: Anything else that a person must mend.
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, doing, bucket, grant) from error
    except (BotoConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise RetryableError(f"{doing} failed on the way: {error}") from error
    except BotoCoreError as error:
        raise PermanentError(f"{doing} is not possible: {error}. {_CREDENTIALS}") from error


def _of_answer(error: ClientError, doing: str, bucket: str, grant: str) -> GateError:
    status, code = status_of(error), code_of(error)
    answer = f"{code}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": ")
    if status >= 500 or status in _PASSING_STATUS or code in _PASSING_CODES:
        return RetryableError(f"{doing} failed for now ({answer}).")
    if code == "NoSuchBucket":
        return NoSuchBucketError(f"{doing} failed: bucket {bucket!r} does not exist. Create it, or correct its name in the settings.")
    if status == 403 and code not in ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"):
        return AccessDeniedError(f"{doing} was denied ({answer}). Grant {grant} to the caller's role, and check the bucket's policy.")
    if status in (400, 401, 403):
        return PermanentError(f"{doing} was refused ({answer}). {_CREDENTIALS}")
    return PermanentError(f"{doing} failed ({answer}).")
