import re

import pytest

from core.catalogue import RULES, Rule, Scope
from core.consumers import CONSUMERS, DEFAULT_CONSUMER
from core.finding import Severity
from core.policy import Policy
from core.rule_text import (
    WIDTH,
    as_markdown,
    as_text,
    example_lines,
    markdown,
    rule_changes,
    rule_parts,
    rules_of_code,
    severity_for,
    severity_text,
)

GROUND_TRUTH = CONSUMERS["ground-truth"]


def words(text: str) -> list[str]:
    """What is said, without layout and Markdown's own signs."""
    lines = [line for line in text.splitlines() if not line.startswith("```")]
    plain = "\n".join(re.sub(r"^(- |### )", "", line) for line in lines)
    plain = re.sub(r"\*\*([A-Za-z ]+:)\*\*", r"\1", plain)
    plain = re.sub(r"`([A-Z0-9_]+)`", r"\1", plain)
    return re.sub(r"\\([\\`*<|_])", r"\1", plain).split()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_terminal_and_document_say_the_same(rule: Rule) -> None:
    prose, example = as_text(rule).split("\nExample:")
    section, in_section = as_markdown(rule).split("\nExample:")

    assert words(prose) == words(section)
    for line in example_lines(rule):
        assert f"\n{line}\n" in example
        assert f"\n{line}\n" in in_section
    assert words(markdown(rule.example_note)) == words(example)[: len(rule.example_note.split())]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_told_in_full(rule: Rule) -> None:
    text = as_text(rule)
    prose, _, example = text.partition("\nExample:")
    told = " ".join(prose.split())

    assert text.startswith(f"{rule.slug}\n  {rule.title}\n")
    assert all(len(line) <= WIDTH for line in prose.splitlines())
    for part in (rule.finds, rule.why, rule.fix, rule.aws_code or "", rule.since, f"Scope: {rule.scope}"):
        assert " ".join(part.split()) in told
    assert ("neither ignored nor changed" in told) == rule.fixed
    assert ("AWS code:" in told) == bool(rule.aws_code)
    assert rule.example_note in " ".join(example.split())
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
def test_a_severity_is_what_the_policy_says(rule: Rule, consumer: object) -> None:
    policy = Policy(consumer=consumer)  # type: ignore[arg-type]
    possible = {policy.severity(rule.slug, kind) for kind in ("", *rule.kinds)}

    told = severity_for(rule, policy.consumer).split(" or ")

    assert set(told) == {severity or "off" for severity in possible}
    assert told == [severity for severity in (*Severity, "off") if severity in told]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_where_two_severities_hold_the_rule_says_when(rule: Rule) -> None:
    assert bool(rule.kinds) == (" error " in f" {rule.finds.lower()} ")


def test_consumers_of_one_severity_are_named_together() -> None:
    everyone = CONSUMERS.values()

    assert severity_text(RULES["line-blank"], everyone) == "warning"
    assert severity_text(RULES["source-ref-missing"], everyone) == (
        "error. Fixed: it can be neither ignored nor changed"
    )
    assert severity_text(RULES["line-too-long"], everyone) == (
        "warning for lookout-for-vision; error for rekognition-custom-labels, ground-truth; off for sagemaker-training"
    )
    assert severity_text(RULES["label-value-invalid"], everyone) == (
        "error or warning for lookout-for-vision, ground-truth, sagemaker-training; error for rekognition-custom-labels"
    )


def test_one_consumer_is_not_named() -> None:
    assert rule_parts(RULES["type-unsupported"], [GROUND_TRUTH])["Severity"] == "unchecked"
    assert "\nSeverity: unchecked\n" in as_text(RULES["type-unsupported"], [GROUND_TRUTH])
    assert "\n- **Severity:** unchecked\n" in as_markdown(RULES["type-unsupported"], [GROUND_TRUTH])
    assert severity_for(RULES["type-unsupported"], DEFAULT_CONSUMER) == "error"


def test_the_rules_of_a_code_are_found() -> None:
    assert [rule.slug for rule in rules_of_code("ERROR_FILE_NOT_FOUND")] == ["image-not-found", "mask-not-found"]
    assert rules_of_code("ERROR_OF_NOBODY") == []


def test_an_example_is_shown_with_what_cannot_be_seen() -> None:
    assert example_lines(RULES["manifest-byte-order-mark"])[0].startswith(r'\ufeff{"source-ref"')
    assert example_lines(RULES["manifest-not-utf8"])[0].startswith(r"\xff\xfe{\x00")
    assert r"caf\xe9.png" in example_lines(RULES["line-not-utf8"])[0]
    assert len(example_lines(RULES["line-blank"])) == 3
    assert example_lines(RULES["manifest-empty"]) == []


def test_a_rule_without_lines_for_an_example_has_a_note() -> None:
    assert as_text(RULES["manifest-empty"]).endswith("\nExample:  A file of 0 bytes.\n")
    assert as_markdown(RULES["manifest-empty"]).endswith("\nExample: A file of 0 bytes.\n")


def test_markdown_shows_a_text_as_it_is() -> None:
    assert markdown(r"a*b `c` <d> e_f _ \x|") == r"a\*b \`c\` \<d> e_f \_ \\x\|"


def test_changes_are_listed() -> None:
    assert rule_changes({"line-blank": "off", "type-missing": "warning"}) == "line-blank off, type-missing warning"
    assert rule_changes({}) == ""


def test_every_scope_has_rules() -> None:
    assert {rule.scope for rule in RULES.values()} == set(Scope)
