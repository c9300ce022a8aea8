import pytest

from core.catalogue import RULES
from core.consumers import CONSUMERS
from core.entry import Label
from core.finding import Finding, Severity
from core.inspection import Inspected, inspect_line
from core.lines import Line
from core.policy import Policy
from tests.builders import ABSENT, Object, encoded, line, metadata, with_metadata

REKOGNITION = Policy(consumer=CONSUMERS["rekognition-custom-labels"])

FAILED = {"failure-reason": "no workers"}


def pairs(count: int) -> Object:
    """A line with so many labels."""
    return {"source-ref": "s3://images/1.png"} | {
        key: value for n in range(count) for key, value in ((f"l{n}", 1), (f"l{n}-metadata", metadata(f"c{n}")))
    }


def inspected(content: Object, policy: Policy | None = None) -> Inspected:
    raw = encoded(content)
    return inspect_line(Line(7, 0, raw, len(raw)), policy or Policy())


def found_in(content: Object, policy: Policy | None = None) -> list[Finding]:
    return inspected(content, policy).findings


def label_of(content: Object, policy: Policy | None = None) -> Label:
    """The one label that is remembered of a line."""
    entry = inspected(content, policy).entry
    assert entry is not None
    [label] = entry.labels
    return label


def test_as_many_labels_as_the_consumer_uses_are_not_too_many() -> None:
    assert found_in(pairs(50), REKOGNITION) == []


def test_several_labels_are_nothing_to_tell_where_each_is_used_whatever_is_asked_for() -> None:
    policy = Policy(consumer=REKOGNITION.consumer, severities={"label-several": Severity.WARNING})

    assert found_in(pairs(2), policy) == []


def test_several_labels_are_nothing_to_tell_where_one_is_configured() -> None:
    content = line() | {"other": 0, "other-metadata": metadata()}

    assert found_in(content, Policy(label_attribute="other")) == []


def test_several_labels_beside_half_of_the_customary_one_are_none_that_is_judged() -> None:
    [finding] = found_in(pairs(2) | {"anomaly-label": 1})

    assert (finding.rule, finding.field) == ("label-missing", "anomaly-label")


@pytest.mark.parametrize(("value", "remembered"), [("+07", "7"), (None, None), ("one", None), ("1" * 300, "1" * 257)])
def test_the_value_of_a_label_without_class_is_remembered(value: object, remembered: str | None) -> None:
    assert label_of(line(class_name=None, anomaly_label=value)) == Label("anomaly-label", value=remembered)


def test_the_class_of_a_label_of_another_type_labels_nothing() -> None:
    label = label_of(line(anomaly_label_metadata=metadata("normal", type="groundtruth/text-classification")))

    assert (label.class_name, label.known) == ("normal", False)


def test_a_label_that_is_configured_is_missed_beside_others_that_are_judged() -> None:
    [finding] = found_in(pairs(2), Policy(consumer=REKOGNITION.consumer, label_attribute="wanted"))

    assert (finding.rule, finding.field) == ("label-unannotated", "wanted")
    assert finding.message == "The line has no label 'wanted'; it has 'l0'."


def test_a_failure_beside_a_label_of_any_name_is_no_fault() -> None:
    content = {"other": 0, "other-metadata": metadata(), "second-metadata": {"failure-reason": "no workers"}}

    assert found_in(line(anomaly_label=ABSENT, anomaly_label_metadata=ABSENT) | content) == []


def test_a_failed_label_is_told_though_a_later_job_failed_as_well() -> None:
    lone = line(anomaly_label=ABSENT, anomaly_label_metadata=FAILED) | {"second-metadata": FAILED}

    [finding] = found_in(lone)

    assert (finding.rule, finding.field) == ("label-failed", "anomaly-label-metadata.failure-reason")


@pytest.mark.parametrize("others", [{}, {"anomaly_label": 0}])
def test_metadata_without_label_is_sorted_by_whether_a_key_is_meant(others: Object) -> None:
    [finding] = found_in(line(anomaly_label=ABSENT) | others)

    assert (finding.rule, bool(finding.kind)) == ("label-missing", bool(others))


@pytest.mark.parametrize(
    ("content", "kind", "fix"),
    [
        ({"source-ref": "s3://images/1.png"}, "", RULES["label-unannotated"].fix),
        (pairs(2), "l0", "Ask for the label attribute 'l0', or rename the label and its metadata."),
    ],
)
def test_a_label_that_is_missed_is_sorted_by_the_one_that_is_there(content: Object, kind: str, fix: str) -> None:
    [finding] = found_in(content, Policy(label_attribute="wanted"))

    assert (finding.rule, finding.kind, finding.fix) == ("label-unannotated", kind, fix)
    assert finding.message == "The line has no label 'wanted'" + (f"; it has '{kind}'." if kind else ".")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("creation_date", "yesterday", "The creation-date is not an ISO 8601 date and time."),
        ("creation_date", 1_586_981_843, "The creation-date is a number, not an ISO 8601 date and time."),
        ("human_annotated", "Tue Nov 10 2020", 'The human-annotated is a text, not the text "yes" or "no".'),
        ("human_annotated", 1, 'The human-annotated is a number, not the text "yes" or "no".'),
        ("confidence", 1.5, "The confidence is not a number from 0 to 1."),
        ("confidence", "1", "The confidence is a text, not a number from 0 to 1."),
    ],
)
def test_a_field_of_the_wrong_type_is_told_by_its_type_and_others_are_not(
    name: str, value: object, message: str
) -> None:
    [finding] = found_in(with_metadata(**{name: value}))

    assert finding.message == message


@pytest.mark.parametrize(("length", "kind"), [(0, "empty"), (1, None), (256, None), (257, "too-long")])
def test_a_class_has_so_many_characters(length: int, kind: str | None) -> None:
    findings = found_in(line(class_name="c" * length), REKOGNITION)

    assert [(finding.rule, finding.kind) for finding in findings] == ([("class-name-length", kind)] if kind else [])
