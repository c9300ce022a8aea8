"""A report leaves out what its caps say, and no more; what it shows is safe to print."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.catalogue import RULES
from core.finding import Finding, Severity, shown
from core.tally import Tally

FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(list(RULES)[:4]),
    severity=st.sampled_from(Severity),
    line=st.none() | st.integers(1, 30),
    field=st.sampled_from([None, "a"]),
    value=st.none(),
    message=st.just("m."),
    fix=st.just("f."),
    kind=st.sampled_from(["", "k"]),
)


@given(
    groups=st.lists(st.tuples(FINDINGS, st.integers(1, 25)), max_size=12),
    lines=st.integers(0, 40),
    keep=st.integers(1, 30),
    most=st.integers(0, 60),
)
def test_entries_and_what_is_left_out_make_the_totals(
    groups: list[tuple[Finding, int]], lines: int, keep: int, most: int
) -> None:
    findings = [finding for finding, times in groups for _ in range(times)]
    tally = Tally(keep=keep)
    tally.add(findings)

    entries, capped = tally.entries(lines, most)

    assert tally.totals == Counter(finding.rule for finding in findings)
    listed: Counter[str] = Counter()
    for entry in entries:
        listed[entry.rule] += entry.count or 1
    assert all(listed[rule] <= total for rule, total in tally.totals.items())
    assert capped == (listed.total() < len(findings))
    assert len(entries) <= most
    assert max(Counter(entry.rule for entry in entries).values(), default=0) <= keep
    if most >= len(tally.rules):
        assert {entry.rule for entry in entries} == set(tally.rules)
    if capped:
        full = any(count == keep for count in Counter(entry.rule for entry in entries).values())
        assert full or len(entries) == most or max(tally.totals.values()) > 10 * keep
    for entry in entries:
        assert entry.count is None or entry.count >= max(10, 0.9 * lines - 1e-9)


@given(st.text() | st.binary().map(lambda raw: raw.decode(errors="surrogateescape")), st.integers(1, 300))
def test_shown_is_printable_and_short(text: str, limit: int) -> None:
    told = shown(text, limit)

    assert told.isprintable()
    assert len(told) <= limit
    if len(text) < limit and text.isprintable():
        assert told == text
