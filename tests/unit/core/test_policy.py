from dataclasses import replace

import pytest

from core.consumers import CONSUMERS, DEFAULT_CONSUMER
from core.finding import Severity
from core.policy import Policy
from tests.builders import manifest, sound_lines
from tests.fakes import judge


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.UNCHECKED, None])
def test_severity_is_the_consumers_where_it_has_one(severity: Severity | None) -> None:
    policy = Policy(consumer=replace(DEFAULT_CONSUMER, severities={"label-missing": severity}))

    assert policy.severity("label-missing") is severity
    assert [finding.severity for finding in policy.finding("label-missing", "m")] == ([severity] if severity else [])
    assert policy.severity("label-failed") is Severity.ERROR


def test_a_rule_that_is_off_finds_nothing() -> None:
    policy = Policy(consumer=replace(DEFAULT_CONSUMER, severities={"line-blank": None}))

    assert judge(manifest(*sound_lines(), b""), policy).findings == []


def test_severity_may_differ_by_kind() -> None:
    assert Policy().severity("line-duplicate-key") is Severity.ERROR
    assert Policy().severity("line-duplicate-key", "same-value") is Severity.WARNING


def test_finding_says_the_catalogues_fix_where_there_is_no_better() -> None:
    [finding] = Policy().finding("line-blank", "The line is blank.")

    assert (finding.fix, finding.value, finding.field, finding.line) == ("Remove the line.", None, None, None)


def test_finding_escapes_and_cuts_all_that_comes_from_the_manifest() -> None:
    [finding] = Policy().finding(
        "label-missing",
        "m\n" + "x" * 3_000,
        field="f\x00" * 300,
        value="v\u202e" * 300,
        kind="k\n" * 300,
        fix="x" * 3_000,
    )

    assert len(finding.message) == len(finding.fix) == 2_000
    assert finding.message.startswith("m\\nx")
    assert finding.field is not None
    assert finding.value is not None
    assert len(finding.field) == len(finding.value) == len(finding.kind) == 200
    assert (finding.field + finding.value + finding.kind).isprintable()


def test_scope_tells_what_the_verdict_covers() -> None:
    assert Policy().scope == "lines+images"
    assert Policy(check_images=False).scope == "lines"


def test_consumers_stand_under_their_names() -> None:
    assert all(consumer.name == name for name, consumer in CONSUMERS.items())
    assert CONSUMERS["lookout-for-vision"] is DEFAULT_CONSUMER


def test_what_was_asked_for_goes_before_the_consumer_and_the_catalogue() -> None:
    consumer = replace(DEFAULT_CONSUMER, severities={"label-several": None})
    policy = Policy(consumer=consumer, severities={"label-several": Severity.ERROR, "line-duplicate-key": None})

    assert policy.severity("label-several") is Severity.ERROR
    assert policy.severity("line-duplicate-key") is None
    assert policy.severity("line-duplicate-key", "same-value") is None


def test_a_rule_about_a_limit_that_the_consumer_does_not_state_is_off() -> None:
    policy = Policy(severities={"class-name-length": Severity.ERROR})

    assert policy.severity("class-name-length") is None
    assert replace(policy, consumer=CONSUMERS["ground-truth"]).severity("class-name-length") is Severity.ERROR
