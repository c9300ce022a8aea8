import json
from dataclasses import replace

import pytest

from core.finding import Finding, Severity, Verdict, shown, verdict


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain text", "plain text"),
        ('"quoted" \\ back', '"quoted" \\ back'),
        ("é한글😀", "é한글😀"),
        ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
        ("\u200b\u202e\ue000\u2028", "\\u200b\\u202e\\ue000\\u2028"),
        ("\ud800", "\\ud800"),
        ("", ""),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ({"a": ["é", None]}, '{"a": ["é", null]}'),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("\n" * 101, "\\n" * 99 + "\\" + "…"),
        (["x" * 300], '["' + "x" * 197 + "…"),
    ],
    ids=range(15),
)
def test_shown_is_safe_to_print_and_short(value: object, text: str) -> None:
    assert shown(value) == text
    assert len(shown(value)) <= 200
    assert shown(value).isprintable()


def test_shown_takes_another_limit() -> None:
    assert shown("abcdef", 5) == "abcd…"
    assert shown("abcde", 5) == "abcde"


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], Verdict.VALID),
        ([Severity.WARNING], Verdict.VALID),
        ([Severity.WARNING, Severity.UNCHECKED], Verdict.INCOMPLETE),
        ([Severity.UNCHECKED, Severity.ERROR, Severity.WARNING], Verdict.INVALID),
        ([Severity.ERROR], Verdict.INVALID),
    ],
)
def test_verdict_follows_the_gravest_severity(severities: list[Severity], expected: Verdict) -> None:
    assert verdict(severities) is expected


def test_to_json_tells_what_every_finding_has() -> None:
    finding = Finding("line-blank", Severity.WARNING, 3, None, None, "The line is blank.", "Remove the line.", "kind")

    assert finding.to_json() == {
        "rule": "line-blank",
        "severity": "warning",
        "line": 3,
        "field": None,
        "value": None,
        "message": "The line is blank.",
        "fix": "Remove the line.",
    }


def test_to_json_tells_what_only_some_findings_have() -> None:
    repeat = Finding("source-ref-duplicate", Severity.ERROR, 3, "source-ref", "v", "m", "f", first_line=1)
    many = Finding("images-unchecked", Severity.UNCHECKED, None, None, None, "m", "f", count=0, lines=(1, 2))

    assert repeat.to_json()["first_line"] == 1
    assert "count" not in repeat.to_json()
    assert (many.to_json()["count"], many.to_json()["lines"]) == (0, [1, 2])
    assert "first_line" not in many.to_json()


@pytest.mark.parametrize(
    "finding",
    [
        Finding("line-blank", Severity.WARNING, 3, None, None, "The line is blank.", "Remove the line.", "kind"),
        Finding("line-invalid-json", Severity.ERROR, None, 'a"b', "\\ \x00 é \u2028 \ud800", "m\n", "", ""),
        Finding("source-ref-duplicate", Severity.ERROR, 3, "source-ref", '"', "m", "f", first_line=1),
        Finding("images-unchecked", Severity.UNCHECKED, None, None, None, "m", "f", count=0, lines=(1, 2)),
    ],
    ids=range(4),
)
def test_to_line_is_what_python_would_write(finding: Finding) -> None:
    assert finding.to_line() == json.dumps(finding.to_json(), ensure_ascii=False) + "\n"


def test_the_same_fault_on_another_line_differs_in_its_line_alone() -> None:
    fault = Finding("class-name-unknown", Severity.WARNING, 3, "field", "Value", "Message.", "Fix.", "kind")

    assert fault.on(8) == replace(fault, line=8)
    assert fault.line == 3
