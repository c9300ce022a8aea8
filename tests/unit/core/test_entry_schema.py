import pytest

from core.entry_schema import PairFault, faults_of_pair
from tests.builders import metadata

ABSENT = {"class-name", "human-annotated", "type", "confidence", "creation-date"}
"""Fields of which the absence breaks a rule."""


def test_a_sound_pair_has_no_faults() -> None:
    assert faults_of_pair(1, metadata()) == []


def test_all_faults_are_told_in_the_order_of_fields() -> None:
    faults = faults_of_pair(1.5, {"job-name": 1, "creation-date": "now", "confidence": 2, "type": "", "class-name": {}})

    assert faults == [
        PairFault("label-value-invalid", None, 1.5),
        PairFault("class-name-missing", "class-name", {}),
        PairFault("human-annotated-missing", "human-annotated", ...),
        PairFault("type-unsupported", "type", ""),
        PairFault("confidence-invalid", "confidence", 2),
        PairFault("creation-date-invalid", "creation-date", "now"),
        PairFault("job-name-invalid", "job-name", 1),
    ]


@pytest.mark.parametrize("found", [None, [], "", 0])
def test_metadata_that_is_no_object_has_no_fields(found: object) -> None:
    assert faults_of_pair("+07", found) == [PairFault("metadata-malformed", None, found)]


@pytest.mark.parametrize("field", [*ABSENT, "job-name"])
def test_a_field_that_is_absent_breaks_one_rule_or_none(field: str) -> None:
    content = {key: value for key, value in metadata().items() if key != field}

    assert [(fault.field, fault.found) for fault in faults_of_pair(1, content)] == [(field, ...)] * (field in ABSENT)


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("class-name", "class-name-missing"),
        ("human-annotated", "human-annotated-invalid"),
        ("type", "type-missing"),
        ("confidence", "confidence-invalid"),
        ("creation-date", "creation-date-invalid"),
        ("job-name", "job-name-invalid"),
    ],
)
def test_a_field_that_is_null_breaks_a_rule(field: str, rule: str) -> None:
    assert faults_of_pair(1, metadata() | {field: None}) == [PairFault(rule, field, None)]


@pytest.mark.parametrize("label", [True, False, 1.0, None, "", "1.0", " 1", "1\n", "\uff11", "+-1", [1], {}], ids=repr)
def test_a_label_is_an_integer_or_one_in_a_text(label: object) -> None:
    assert faults_of_pair(label, metadata()) == [PairFault("label-value-invalid", None, label)]


@pytest.mark.parametrize("field", ["class-name", "job-name"])
@pytest.mark.parametrize("found", [0, True, [], {}], ids=repr)
def test_a_text_is_nothing_else(field: str, found: object) -> None:
    assert [fault.field for fault in faults_of_pair(1, metadata() | {field: found})] == [field]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        *(("human-annotated", found) for found in ("Yes", "yes ", "", True, 1, ["yes"])),
        *(("type", found) for found in ("groundtruth/object-detection", "", 1, ["groundtruth/image-classification"])),
        *(("confidence", found) for found in (-0.001, 1.001, 2, 10**400, float("inf"), True, "1", [0])),
        *(("creation-date", found) for found in ("2025-02-30T09:00", "2025-07-01", 1586981843, "1586981843", [])),
    ],
    ids=range(23),
)
def test_a_field_holds_no_other_value(field: str, found: object) -> None:
    faults = faults_of_pair(1, metadata() | {field: found})

    assert [(fault.field, fault.found) for fault in faults] == [(field, found)]
