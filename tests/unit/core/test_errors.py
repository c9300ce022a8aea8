import pytest

from core.errors import AccessDeniedError, GateError, PermanentError, RetryableError, together


def test_a_single_error_stays_itself() -> None:
    error = AccessDeniedError("one")

    assert together([error], "records") is error


@pytest.mark.parametrize(
    ("errors", "family"),
    [
        ([PermanentError("one"), RetryableError("two")], RetryableError),
        ([RetryableError("one"), RetryableError("two")], RetryableError),
        ([AccessDeniedError("one"), PermanentError("two")], PermanentError),
    ],
)
def test_several_errors_are_retryable_if_any_is(errors: list[GateError], family: type[GateError]) -> None:
    error = together(errors, "records")

    assert type(error) is family
    assert str(error) == "2 records: one | two"
