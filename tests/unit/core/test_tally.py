from dataclasses import replace

import pytest

from core.finding import Finding, Severity
from core.tally import Tally


def finding(line: int | None = 1, rule: str = "line-blank", **changes: object) -> Finding:
    sound = Finding(rule, Severity.ERROR, line, "source-ref", str(line), f"message {line}.", "fix")
    return replace(sound, **changes)


def tally(*findings: Finding, keep: int = 100) -> Tally:
    built = Tally(keep=keep)
    built.add(findings)
    return built


def places(entries: list[Finding]) -> list[tuple[str, int | None, int | None]]:
    return [(entry.rule, entry.line, entry.count) for entry in entries]


def test_a_fault_of_nearly_all_lines_is_one_entry() -> None:
    built = tally(*(finding(line) for line in range(2, 101)))

    entries, capped = built.entries(110, 1_000)

    [entry] = entries
    assert (entry.line, entry.count, entry.lines) == (2, 99, tuple(range(2, 12)))
    assert entry.message == "message 2. 98 more are like this one."
    assert (entry.value, entry.fix) == ("2", "fix")
    assert not capped
    assert built.totals == {"line-blank": 99}


@pytest.mark.parametrize(
    ("count", "lines", "entries"),
    [
        (9, 9, 9),
        (10, 10, 1),
        (10, 11, 1),
        (10, 12, 10),
        (99, 110, 1),
        (98, 110, 98),
        (89, 99, 89),
        (90, 99, 1),
        (90, 100, 1),
        (89, 100, 89),
        (10, 0, 1),
    ],
)
def test_a_fault_is_shared_from_nine_tenths_of_the_lines_and_ten(count: int, lines: int, entries: int) -> None:
    found, capped = tally(*(finding(line) for line in range(1, count + 1))).entries(lines, 1_000)

    assert len(found) == entries
    assert not capped


def test_shared_faults_are_told_apart_by_field_kind_and_severity() -> None:
    changes = [{}, {"field": "other"}, {"kind": "other"}, {"severity": Severity.WARNING}]
    built = tally(*(finding(line, **change) for line in range(1, 21) for change in changes))

    entries, capped = built.entries(20, 1_000)

    assert [(entry.count, entry.line) for entry in entries] == [(20, 1)] * 4
    assert not capped
    assert built.totals == {"line-blank": 80}


def test_findings_that_name_no_line_are_never_one_entry() -> None:
    built = tally(*(finding(None, count=3, lines=(number,)) for number in range(20)))

    entries, capped = built.entries(20, 1_000)

    assert [entry.lines for entry in entries] == [(number,) for number in range(20)]
    assert not capped


def test_an_entry_names_a_line_once() -> None:
    built = tally(*(finding(line) for line in range(1, 11) for _ in range(2)))

    [entry], _ = built.entries(10, 1_000)

    assert (entry.count, entry.lines) == (20, tuple(range(1, 11)))


def test_rare_kinds_show_beside_a_shared_one() -> None:
    common = [finding(line) for line in range(1, 951)]
    rare = [finding(line, kind="rare") for line in range(951, 1_001)]

    entries, capped = tally(*common, *rare).entries(1_000, 1_000)

    assert places(entries) == [("line-blank", 1, 950), *(("line-blank", line, None) for line in range(951, 1_001))]
    assert not capped


def test_of_one_rule_no_more_than_asked_for_are_listed() -> None:
    built = tally(*(finding(line) for line in range(1, 31)), keep=20)

    entries, capped = built.entries(1_000, 1_000)

    assert places(entries) == [("line-blank", line, None) for line in range(1, 21)]
    assert capped
    assert built.totals == {"line-blank": 30}


def test_just_as_many_as_asked_for_are_no_cap() -> None:
    assert not tally(*(finding(line) for line in range(1, 21)), keep=20).entries(1_000, 20)[1]


def test_a_shared_entry_takes_one_of_the_places() -> None:
    shared = [finding(line) for line in range(1, 101)]
    others = [finding(line, kind="rare") for line in range(1, 6)]

    entries, capped = tally(*shared, *others, keep=5).entries(100, 1_000)

    assert [entry.count for entry in entries] == [100, None, None, None, None]
    assert capped


def test_memory_holds_few_of_many_kinds() -> None:
    built = tally(*(finding(line, kind=str(line)) for line in range(1, 10_001)), keep=10)

    rule = built.rules["line-blank"]
    assert rule.total == 10_000
    assert len(rule.samples) == 100
    assert len(rule.alike) == 256


def test_every_rule_keeps_its_share_of_the_places() -> None:
    many = [finding(line, "source-ref-missing") for line in range(1, 91)]
    some = [finding(line, "label-missing") for line in range(1, 41)]
    few = [finding(line, "line-blank") for line in range(1, 4)]

    entries, capped = tally(*many, *some, *few).entries(1_000, 23)

    listed = [entry.rule for entry in entries]
    assert {rule: listed.count(rule) for rule in set(listed)} == {
        "line-blank": 3,
        "label-missing": 10,
        "source-ref-missing": 10,
    }
    assert capped


def test_places_that_a_small_rule_leaves_go_to_the_others() -> None:
    built = tally(finding(1, "line-blank"), *(finding(line, "label-missing") for line in range(1, 10)))

    assert len(built.entries(1_000, 10)[0]) == 10
    assert not built.entries(1_000, 10)[1]
    assert len(built.entries(1_000, 9)[0]) == 9
    assert built.entries(1_000, 9)[1]
    assert built.entries(1_000, 0) == ([], True)


def test_entries_stand_in_the_order_of_lines_then_rules_then_fields() -> None:
    built = tally(
        finding(3, "line-blank"),
        finding(2, "label-missing", field="b"),
        finding(2, "label-missing", field="a"),
        finding(2, "label-failed", field=None),
        finding(None, "manifest-empty"),
    )

    entries, _ = built.entries(1_000, 1_000)

    assert [(entry.line, entry.rule, entry.field) for entry in entries] == [
        (None, "manifest-empty", "source-ref"),
        (2, "label-failed", None),
        (2, "label-missing", "a"),
        (2, "label-missing", "b"),
        (3, "line-blank", "source-ref"),
    ]


def test_severities_are_counted() -> None:
    built = tally(finding(), finding(severity=Severity.WARNING), finding(2))

    assert built.severities == {Severity.ERROR: 2, Severity.WARNING: 1}


@pytest.mark.parametrize("keep", [3, 100])
def test_merge_equals_counting_on(keep: int) -> None:
    kinds = ["a", "b", "a", "c", "d", "a", "b", "e", "b"] * 6
    findings = [
        finding(line, ("line-blank", "label-missing")[line % 2], kind=kind) for line, kind in enumerate(kinds, 1)
    ]
    findings.append(finding(None))
    half = 20
    merged = tally(*findings[:half], keep=keep)
    after = [replace(each, line=each.line and each.line - half) for each in findings[half:]]

    merged.merge(tally(*after, keep=keep), half)

    whole = tally(*findings, keep=keep)
    assert merged == whole
    assert merged.entries(54, 1_000) == whole.entries(54, 1_000)


def test_merge_holds_few_of_many_kinds_and_counts_all() -> None:
    merged = tally(*(finding(line, kind=f"a{line}") for line in range(1, 201)), keep=10)

    merged.merge(tally(*(finding(line, kind=f"b{line}") for line in range(1, 201)), keep=10), 200)

    rule = merged.rules["line-blank"]
    assert rule.total == 400
    assert len(rule.alike) == 256
    assert [sample.line for sample in rule.samples] == list(range(1, 101))
