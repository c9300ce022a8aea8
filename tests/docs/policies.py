"""What a bucket's policy denies: as much of IAM's evaluation as our own policy uses, and nothing is passed over."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Context = Mapping[str, str | list[str]]
"""Condition keys of a request; several values where the key has several."""


@dataclass(frozen=True)
class Request:
    """A request to S3, as IAM sees it."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def denials(policy: Mapping[str, Any], request: Request) -> list[str]:
    """The Sids of the statements that deny a request."""
    return [statement["Sid"] for statement in policy["Statement"] if _denies(statement, request)]


def _denies(statement: Mapping[str, Any], request: Request) -> bool:
    assert statement.keys() == {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    # Keys of conditions, the tag's key in them included, are told apart without regard to case.
    context = {name.lower(): value for name, value in request.context.items()}
    return (
        any(_like(request.action, action, re.IGNORECASE) for action in _listed(statement["Action"]))
        and any(_like(request.resource, resource) for resource in _listed(statement["Resource"]))
        and all(
            _OPERATORS[operator](context.get(key.lower()), _listed(expected))
            for operator, conditions in statement["Condition"].items()
            for key, expected in conditions.items()
        )
    )


def _string_not_equals(actual: str | list[str] | None, expected: list[str]) -> bool:
    return actual not in expected  # a key that is absent differs


def _arn_not_equals(actual: str | list[str] | None, expected: list[str]) -> bool:
    return actual is None or not any(_like(str(actual), arn) for arn in expected)


def _any_equals_ignoring_case(actual: str | list[str] | None, expected: list[str]) -> bool:
    return any(value.lower() in map(str.lower, expected) for value in _listed(actual or []))


_OPERATORS: dict[str, Callable[[str | list[str] | None, list[str]], bool]] = {
    "StringNotEquals": _string_not_equals,
    "ArnNotEquals": _arn_not_equals,
    "ForAnyValue:StringEqualsIgnoreCase": _any_equals_ignoring_case,
}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _like(text: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    wild = {"*": ".*", "?": "."}
    return re.fullmatch("".join(wild.get(c, re.escape(c)) for c in pattern), text, flags | re.DOTALL) is not None
