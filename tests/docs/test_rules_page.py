import re
import shlex
from dataclasses import fields

import pytest

from cli.main import build_parser, main
from core.catalogue import RULES
from core.consumers import CONSUMERS, Consumer
from core.rule_text import as_markdown, severity_for
from tools.generate_docs import ROOT
from tools.rules_page import CELLS, anchor, rules_page

PAGE = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
TOLD_WITH_OTHERS = {"name", "blank_lines_count", "manifest_key", "severities"}


def row(first: str) -> list[str]:
    """The cells after the first of the row that begins so."""
    (line,) = re.findall(rf"^\| {re.escape(first)} \|(.*)\|$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def test_the_page_is_what_the_program_says() -> None:
    assert rules_page() == PAGE


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    links = set(re.findall(r"\]\(#([^)]*)\)", PAGE))

    assert links <= {anchor(heading) for heading in HEADINGS}
    assert RULES.keys() <= links
    assert len(HEADINGS) == len(set(HEADINGS))


@pytest.mark.parametrize("slug", RULES)
def test_every_rule_has_a_section_and_a_row(slug: str) -> None:
    rule = RULES[slug]

    assert PAGE.count(f"\n### {slug}\n") == 1
    assert as_markdown(rule).rstrip("\n") in PAGE
    severities = [severity_for(rule, consumer) for consumer in CONSUMERS.values()]
    assert row(f"[{slug}](#{slug})") == [*severities, "fixed" if rule.fixed else ""]


def test_rules_stand_in_the_catalogues_order() -> None:
    assert [heading for heading in HEADINGS if heading in RULES] == list(RULES)


def test_every_code_of_aws_leads_to_its_rules() -> None:
    for code in {rule.aws_code for rule in RULES.values() if rule.aws_code}:
        (cell,) = row(f"`{code}`")
        assert re.findall(r"\[([a-z-]+)\]", cell) == [slug for slug, rule in RULES.items() if rule.aws_code == code]


def test_every_limit_of_a_consumer_is_told() -> None:
    assert {field.name for field in fields(Consumer)} - TOLD_WITH_OTHERS <= CELLS.keys()


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("manifest at most", ["1 GB", "1 GB", "–", "–"]),  # noqa: RUF001
        ("lines at most", ["single, train: 16,000; test: 4,000", "250,000, blank ones included", "100,000", "–"]),  # noqa: RUF001
        ("image at most", ["8 MB", "15 MB", "40 MB", "–"]),  # noqa: RUF001
        ("required of each line", ["`source-ref`, a label", "`source-ref`", "`source-ref`", "`source-ref`, a label"]),
        ("longer side by the other at most", ["–", "20:1", "–", "–"]),  # noqa: RUF001
        ("masks (segmentation)", ["read", "not judged", "not judged", "not judged"]),
    ],
)
def test_a_limit_is_told_for_every_consumer(title: str, cells: list[str]) -> None:
    assert row(title) == cells


@pytest.mark.parametrize("command", re.findall(r"`manifest-gate ([^`]+)`", PAGE.replace("\n", " ")))
def test_every_command_that_is_named_is_understood(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_parser().parse_args(shlex.split(command)).run
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().err == ""


def test_the_examples_of_choices_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    ignored, severities = (cell.strip("`") for cell in row("for example"))

    options = build_parser().parse_args(["check", "x", "--ignore-rules", ignored, "--rule-severities", severities])

    assert (options.ignore_rules, options.rule_severities) == ([ignored], [severities])
    assert capsys.readouterr().err == ""
