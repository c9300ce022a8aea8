"""Every rule has cases, and the gate says of each what its world expects and what its golden report holds."""

import json
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from core import catalogue
from core.catalogue import RULES, Rule, Scope
from tests.builders import manifest, sound_lines
from tests.casebook import LEDGER, Case, cases, ledger, stray

BOOK = cases()


@pytest.mark.parametrize("case", BOOK, ids=lambda case: case.name)
def test_a_case_is_judged_as_it_expects_and_as_its_golden_report_says(case: Case) -> None:
    outcome = case.judge()
    assert list(case.faults(outcome)) == []
    assert json.loads(outcome.golden) == json.loads(case.golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("expect", "fault"),
    [
        ({"lines": [2]}, None),
        ({"lines": [2], "total": 1, "fields": [""], "severities": ["warning"]}, None),
        ({"lines": [1, 2], "total": 1}, "lines [2], expected [1, 2]"),
        ({"lines": [2], "total": 2}, "total 1, expected 2"),
        ({"lines": [2], "fields": ["source-ref"]}, "fields [''], expected ['source-ref']"),
        ({"lines": [2], "severities": ["error"]}, "severities ['warning'], expected ['error']"),
        ({"lines": [2], "also": ["line-too-long"]}, "also ['dataset-too-few-anomaly'], expected ['line-too-long']"),
    ],
)
def test_what_differs_from_what_is_expected_is_said(
    tmp_path: Path, expect: dict[str, object], fault: str | None
) -> None:
    path = tmp_path / "line-blank" / "one.fail.manifest"
    path.parent.mkdir()
    path.write_bytes(manifest(*sound_lines(anomaly=9)[:1], "", *sound_lines(anomaly=9)[1:]))
    world = {"expect": {"also": ["dataset-too-few-anomaly"]} | expect}
    path.with_suffix(".world.json").write_text(json.dumps(world), encoding="utf-8")
    case = Case(path)
    assert list(case.faults(case.judge())) == ([f"line-blank/one.fail: {fault}"] if fault else [])


@pytest.mark.parametrize("slug", RULES)
def test_every_rule_has_two_fails_a_pass_and_a_near_miss(slug: str) -> None:
    mine = [case for case in BOOK if case.rule == slug]
    count = Counter("fail" if case.fails else "near" if case.near else "pass" for case in mine)
    assert count["fail"] >= 2
    assert count["pass"] >= 1
    assert count["near"] >= 1


@pytest.mark.parametrize("case", [case for case in BOOK if case.fails], ids=lambda case: case.name)
def test_a_fail_says_by_hand_what_it_expects(case: Case) -> None:
    assert "expect" in case.world.model_fields_set
    assert case.world.expect.lines == sorted(set(case.world.expect.lines))


@pytest.mark.parametrize("case", [case for case in BOOK if not case.fails], ids=lambda case: case.name)
def test_a_pass_expects_nothing_of_its_rule(case: Case) -> None:
    assert case.world.expect.lines == []
    assert not case.world.expect.total


@pytest.mark.parametrize(
    "case", [case for case in BOOK if RULES[case.rule].scope is Scope.LINE], ids=lambda case: case.name
)
def test_a_case_about_lines_has_at_least_twenty_of_which_at_most_a_third_are_bad(case: Case) -> None:
    assert case.lines >= 20
    assert len(case.world.expect.lines) <= case.lines / 3
    if case.fails:
        assert case.world.expect.lines


def test_no_manifest_stands_twice_in_the_book() -> None:
    worlds = Counter((case.path.read_bytes(), case.world.model_dump_json(exclude={"expect"})) for case in BOOK)
    assert [count for count in worlds.values() if count > 1] == []


def test_no_file_is_stray() -> None:
    assert stray() == []


def test_slugs_are_unique_sorted_within_their_scope_and_kebab_case() -> None:
    rules: tuple[Rule, ...] = catalogue._RULES
    assert len({rule.slug for rule in rules}) == len(rules)
    assert [scope for scope, _ in groupby(rule.scope for rule in rules)] == list(Scope)
    for _, group in groupby(rules, key=lambda rule: rule.scope):
        slugs = [rule.slug for rule in group]
        assert slugs == sorted(slugs)
    assert [rule.slug for rule in rules if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", rule.slug)] == []


def test_the_ledger_has_every_slug_and_none_that_left_comes_back() -> None:
    rows = LEDGER.read_text(encoding="utf-8").splitlines()
    assert rows == sorted(set(rows))
    assert [row for row in rows if not re.fullmatch(r"[a-z0-9-]+( removed)?", row)] == []
    assert len(ledger()) == len(rows)
    assert {slug for slug, alive in ledger().items() if alive} == set(RULES)
