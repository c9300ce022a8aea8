"""AWS's errors, translated into the two families that the core knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import urllib3.exceptions
from botocore import exceptions
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from core.errors import AccessDeniedError, GateError, NoSuchBucketError, PermanentError, RefusedError, RetryableError

ON_THE_WAY: Final = (
    exceptions.ConnectionError,
    exceptions.FlexibleChecksumError,
    exceptions.HTTPClientError,
    exceptions.IncompleteReadError,
    urllib3.exceptions.HTTPError,  # botocore lets some of them pass while a body is read
)
"""What can happen to a request and its answer between here and AWS."""
_PASSING_STATUS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})
_PASSING_CODES: Final = frozenset(
    {
        "InternalException",
        "InternalFailure",
        "KMSThrottling",
        "RequestTimeout",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
    }
)
_OF_CREDENTIALS: Final = frozenset(
    {
        "400",  # a HEAD has no body that could say more
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_OF_PERMISSIONS: Final = frozenset(
    {"AccessDeniedException", "NotAuthorizedForDetailTypeException", "NotAuthorizedForSourceException"}
)
"""JSON services say so with the status 400; an entry of a call that succeeded has none."""
_PARSER: Final[Any] = create_parser("rest-xml")
_CREDENTIALS: Final = "Check the AWS credentials, the region and the clock."
_NAME: Final = "Create it, or correct its name."


def status_of(error: ClientError) -> int:
    """The HTTP status that AWS answered with."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code_of(error: ClientError) -> str:
    """AWS's code of an error; a HEAD has no body, so that its code is the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later."""
    if not isinstance(error, ClientError):
        return isinstance(error, ON_THE_WAY)
    status = status_of(error)
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING_STATUS
    return passing or code_of(error) in _PASSING_CODES


def client_error(response: AWSResponse, operation: str) -> ClientError:
    """What boto3 would raise for an answer of S3."""
    answer = {"status_code": response.status_code, "headers": response.headers, "body": response.content}
    return ClientError(_PARSER.parse(answer, None), operation)


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
        RefusedError: S3 takes no such call of this bucket or key.
        PermanentError: Anything else that a person must mend.
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, doing, bucket, grant) from error
    except ON_THE_WAY as error:
        raise RetryableError(f"{doing} failed on the way: {error}") from error
    except (exceptions.ParamValidationError, exceptions.EndpointResolutionError) as error:
        raise RefusedError(f"{doing} is not possible: {error}") from error
    except ValueError as error:
        # What botocore says of an endpoint that is no URL.
        raise PermanentError(f"{doing} is not possible: {error}") from error
    except exceptions.BotoCoreError as error:
        raise PermanentError(f"{doing} is not possible: {str(error).rstrip('.')}. {_CREDENTIALS}") from error


def _of_answer(error: ClientError, doing: str, bucket: str, grant: str) -> GateError:
    status, code = status_of(error), code_of(error)
    answer = f"{code}: {error.response.get('Error', {}).get('Message', '')}".rstrip(": ")
    if is_passing(error):
        return RetryableError(f"{doing} failed for now ({answer}).")
    if code in ("NoSuchBucket", "InvalidBucketName"):
        return NoSuchBucketError(f"{doing} failed: bucket {bucket!r} does not exist. {_NAME}")
    if code in _OF_CREDENTIALS:
        return PermanentError(f"{doing} was refused ({answer}). {_CREDENTIALS}")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or code in _OF_PERMISSIONS:
        fix = f"Grant {grant} to the caller's role, and check the policy of what it calls."
        return AccessDeniedError(f"{doing} was denied ({answer}). {fix}")
    missing = status == HTTPStatus.NOT_FOUND or code == "ResourceNotFoundException"
    fix = f" {_NAME}" if missing else ""
    return RefusedError(f"{doing} was refused ({answer}).{fix}")
