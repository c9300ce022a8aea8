import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    EndpointResolutionError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
)
from urllib3.exceptions import ProtocolError

from aws.faults import code_of, status_of, translated
from core.errors import AccessDeniedError, GateError, NoSuchBucketError, PermanentError, RefusedError, RetryableError


def answer(status: int, code: str, message: str = "So said AWS") -> ClientError:
    told = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "Do")


def translation(error: Exception) -> GateError:
    with pytest.raises(GateError) as raised, translated("Doing it", bucket="mine", grant="s3:Do on arn"):
        raise error
    assert raised.value.__cause__ is error
    return raised.value


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "InternalError"),
        (503, "SlowDown"),
        (503, "503"),
        (409, "OperationAborted"),
        (429, "TooManyRequests"),
        (408, "RequestTimeout"),
        (400, "RequestTimeout"),
        (400, "ThrottlingException"),
        (400, "Throttling"),
        (403, "SlowDown"),
        (400, "KMSThrottling"),
        (0, "InternalFailure"),
        (0, "InternalException"),
    ],
)
def test_translated_answer_that_passes(status: int, code: str) -> None:
    error = translation(answer(status, code))

    assert type(error) is RetryableError
    assert str(error) == f"Doing it failed for now ({code}: So said AWS)."


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AccessDenied"),
        (403, "403"),
        (401, "Unauthorized"),
        (400, "AccessDeniedException"),
        (0, "NotAuthorizedForSourceException"),
    ],
)
def test_translated_answer_that_denies(status: int, code: str) -> None:
    error = translation(answer(status, code))

    assert type(error) is AccessDeniedError
    assert str(error).startswith(f"Doing it was denied ({code}: So said AWS). Grant s3:Do on arn to the caller's role")


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchBucket"), (400, "InvalidBucketName")])
def test_translated_answer_of_no_bucket(status: int, code: str) -> None:
    error = translation(answer(status, code))

    assert type(error) is NoSuchBucketError
    assert str(error).startswith("Doing it failed: bucket 'mine' does not exist. Create it, or correct its name")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ExpiredToken"),
        (400, "400"),
        (403, "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch"),
        (403, "RequestTimeTooSkewed"),
        (403, "InvalidClientTokenId"),
    ],
)
def test_translated_answer_about_the_credentials(status: int, code: str) -> None:
    error = translation(answer(status, code))

    assert type(error) is PermanentError
    assert str(error).endswith("Check the AWS credentials, the region and the clock.")


@pytest.mark.parametrize(("status", "code"), [(400, "InvalidArgument"), (301, "PermanentRedirect")])
def test_translated_answer_that_refuses(status: int, code: str) -> None:
    error = translation(answer(status, code))

    assert type(error) is RefusedError
    assert str(error) == f"Doing it was refused ({code}: So said AWS)."


def test_translated_answer_of_nothing_there() -> None:
    error = translation(answer(404, "NotFound"))

    assert type(error) is RefusedError
    assert str(error) == "Doing it was refused (NotFound: So said AWS). Create it, or correct its name."


def test_translated_answer_without_words() -> None:
    assert str(translation(answer(500, "InternalError", ""))) == "Doing it failed for now (InternalError)."
    assert str(translation(ClientError({}, "Do"))) == "Doing it was refused ()."


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://s3"),
        ConnectionClosedError(endpoint_url="https://s3"),
        ReadTimeoutError(endpoint_url="https://s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        FlexibleChecksumError(error_msg="differs"),
        ProtocolError("cut"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_translated_fault_on_the_way(error: Exception) -> None:
    assert type(translation(error)) is RetryableError


@pytest.mark.parametrize("error", [NoCredentialsError(), NoRegionError(), ProfileNotFound(profile="mine")], ids=repr)
def test_translated_fault_of_the_set_up(error: BotoCoreError) -> None:
    translated_error = translation(error)

    assert type(translated_error) is PermanentError
    fix = "Check the AWS credentials, the region and the clock."
    assert str(translated_error) == f"Doing it is not possible: {str(error).rstrip('.')}. {fix}"


@pytest.mark.parametrize(
    ("error", "family"),
    [
        (ParamValidationError(report="Invalid bucket name"), RefusedError),
        (EndpointResolutionError(msg="Unrecognized S3Express bucket name format."), RefusedError),
        (ValueError("Invalid endpoint: x"), PermanentError),
    ],
    ids=range(3),
)
def test_translated_fault_of_the_call(error: Exception, family: type[Exception]) -> None:
    translated_error = translation(error)

    assert type(translated_error) is family
    assert str(translated_error) == f"Doing it is not possible: {error}"


def test_translated_lets_everything_else_pass() -> None:
    with pytest.raises(KeyError), translated("Doing it"):
        raise KeyError("ours")
    with pytest.raises(NoSuchBucketError, match="as it was"), translated("Doing it"):
        raise NoSuchBucketError("as it was")


def test_status_and_code() -> None:
    assert (status_of(answer(412, "PreconditionFailed")), code_of(answer(412, "PreconditionFailed"))) == (
        412,
        "PreconditionFailed",
    )
    assert (status_of(ClientError({}, "Do")), code_of(ClientError({}, "Do"))) == (0, "")
