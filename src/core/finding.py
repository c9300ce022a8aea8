"""A finding: one fault of the customer's data, as a value."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VALUE_CHARACTERS: Final = 200
"""A value is shown up to this many characters."""


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)


class Severity(StrEnum):
    """What a finding does to the verdict; the gravest first."""

    ERROR = "error"
    UNCHECKED = "unchecked"
    WARNING = "warning"

    __hash__ = str.__hash__  # that of enums is Python code, and findings are counted by severity


class Verdict(StrEnum):
    """Whether the manifest can be trusted."""

    VALID = "VALID"
    INVALID = "INVALID"
    INCOMPLETE = "INCOMPLETE"


@dataclass(slots=True)
class Finding:
    """One fault, where it lies and how to mend it.

    It never changes, but is not frozen: frozen ones take six times as long to make.

    Attributes:
        rule: The catalogue's slug.
        severity: For the consumer that was asked for.
        line: Physical line, from 1; None where the finding is about the whole manifest.
        field: Path of the field, keys joined by dots; None for a whole line.
        value: The offending value, escaped and cut at 200 characters.
        message: What is wrong here.
        fix: What to do about it.
        kind: The sort of fault within the rule; findings of one rule, field and kind are alike.
        count: For a finding about many lines: how many.
        lines: The first few of those lines.
        first_line: For a repeat: the line that it repeats.
    """

    rule: str
    severity: Severity
    line: int | None
    field: str | None
    value: str | None
    message: str
    fix: str
    kind: str = ""
    count: int | None = None
    lines: tuple[int, ...] = ()
    first_line: int | None = None

    def on(self, line: int) -> Finding:
        """The same fault on another line; of a fault of one line."""
        return Finding(self.rule, self.severity, line, self.field, self.value, self.message, self.fix, self.kind)

    def to_json(self) -> dict[str, object]:
        """The finding as the report and `findings.jsonl` write it."""
        content: dict[str, object] = {
            "rule": self.rule,
            "severity": str(self.severity),
            "line": self.line,
            "field": self.field,
            "value": self.value,
            "message": self.message,
            "fix": self.fix,
        }
        if self.count is not None:
            content |= {"count": self.count, "lines": list(self.lines)}
        if self.first_line is not None:
            content["first_line"] = self.first_line
        return content

    def to_line(self) -> str:
        """The finding as a line of `findings.jsonl`."""
        if self.count is not None or self.first_line is not None:
            return _ENCODER.encode(self.to_json()) + "\n"
        # What most findings are, and bad lines all: put together by hand, which takes a third of the encoder's time.
        return (
            f'{{"rule": "{self.rule}", "severity": "{self.severity}", "line": {_number(self.line)}, '
            f'"field": {_quoted(self.field)}, "value": {_quoted(self.value)}, '
            f'"message": {_quoted(self.message)}, "fix": {_quoted(self.fix)}}}\n'
        )


def _number(line: int | None) -> str:
    return "null" if line is None else str(line)


def _quoted(text: str | None) -> str:
    return "null" if text is None else _ENCODER.encode(text)


def shown(value: object, limit: int = VALUE_CHARACTERS) -> str:
    """A value of the manifest as text that is safe to print: escaped, and cut at `limit` characters.

    Text stands without quotes; anything else as JSON.
    """
    text = value if isinstance(value, str) else _ENCODER.encode(value)
    cut = text[: limit + 1]
    escaped = cut if cut.isprintable() else "".join(map(_escaped, cut))
    return escaped if len(escaped) <= limit else escaped[: limit - 1] + "…"


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def verdict(severities: Collection[Severity]) -> Verdict:
    """INVALID if anything is an error, else INCOMPLETE if anything is unchecked, else VALID."""
    if Severity.ERROR in severities:
        return Verdict.INVALID
    return Verdict.INCOMPLETE if Severity.UNCHECKED in severities else Verdict.VALID
