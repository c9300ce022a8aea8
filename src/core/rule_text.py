"""Rules in words: the same for the terminal and for `docs/rules.md`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Final

from core.catalogue import RULES, Rule
from core.consumers import CONSUMERS, Consumer
from core.finding import Severity
from core.policy import Policy

WIDTH: Final = 100
"""Characters of a line in the terminal; examples stand as they are."""
OFF: Final = "off"
_MARKDOWN: Final = re.compile(r"([\\`*<|]|(?<!\w)_|_(?!\w))")
_BYTE: Final = range(0xDC80, 0xDD00)
"""Surrogates that stand for bytes which are not UTF-8."""


def rules_of_code(aws_code: str) -> list[Rule]:
    """The rules that find what AWS's own importers report by a code."""
    return [rule for rule in RULES.values() if rule.aws_code == aws_code]


def severity_for(rule: Rule, consumer: Consumer) -> str:
    """How grave a rule is for a consumer, if nothing else is asked for; `error or warning` where it depends."""
    severity = Policy(consumer=consumer).severity(rule.slug)
    if severity is None:
        return OFF
    if rule.slug in consumer.severities:
        return severity.value
    possible = {severity, *rule.kinds.values()}
    return " or ".join(each.value for each in Severity if each in possible)


def severity_text(rule: Rule, consumers: Iterable[Consumer]) -> str:
    """How grave a rule is, for each of some consumers."""
    names: dict[str, list[str]] = {}
    for consumer in consumers:
        names.setdefault(severity_for(rule, consumer), []).append(consumer.name)
    if len(names) == 1:
        text = next(iter(names))
    else:
        text = "; ".join(f"{severity} for {', '.join(named)}" for severity, named in names.items())
    return f"{text}. Fixed: it can be neither ignored nor changed" if rule.fixed and names.keys() != {OFF} else text


def rule_parts(rule: Rule, consumers: Iterable[Consumer]) -> dict[str, str]:
    """What is said of a rule, by heading; the example, which is no prose, apart."""
    parts = {
        "Finds": rule.finds,
        "Why": rule.why,
        "Fix": rule.fix,
        "Severity": severity_text(rule, consumers),
        "Scope": rule.scope.value,
        "AWS code": rule.aws_code or "",
        "Since": rule.since,
    }
    return {heading: text for heading, text in parts.items() if text}


def example_lines(rule: Rule) -> list[str]:
    """The example's lines, as they can be printed: bytes that are no text, and invisible characters, escaped."""
    return ["".join(map(_visible, line)) for line in rule.example.split("\n")] if rule.example else []


def as_text(rule: Rule, consumers: Iterable[Consumer] = CONSUMERS.values()) -> str:
    """A rule for the terminal."""
    body = [_filled(heading, text) for heading, text in rule_parts(rule, consumers).items()]
    example = [_filled("Example", rule.example_note), *example_lines(rule)]
    return "\n".join([rule.slug, f"  {rule.title}", "", *body, "", *example]) + "\n"


def as_markdown(rule: Rule, consumers: Iterable[Consumer] = CONSUMERS.values()) -> str:
    """The same as a section of a document."""
    parts = [
        f"- **{heading}:** " + (f"`{text}`" if text == rule.aws_code else markdown(text))
        for heading, text in rule_parts(rule, consumers).items()
    ]
    return "\n".join(
        [
            f"### {rule.slug}",
            "",
            markdown(rule.title),
            "",
            *parts,
            "",
            "Example:" + (f" {markdown(rule.example_note)}" if rule.example_note else ""),
            *(["", "```text", *example_lines(rule), "```"] if rule.example else []),
            "",
        ]
    )


def markdown(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def rule_changes(severities: Mapping[str, str]) -> str:
    """Which rules are ignored or have another severity, as a report states it: `line-blank off, type-missing error`."""
    return ", ".join(f"{slug} {severity}" for slug, severity in severities.items())


def _filled(heading: str, text: str) -> str:
    start = f"{heading + ':':<10}"
    return textwrap.fill(start + text, WIDTH, subsequent_indent=" " * len(start), break_on_hyphens=False)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if ord(character) in _BYTE:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
