from dataclasses import replace

import pytest

from core.consumers import CONSUMERS, Role
from core.policy import Policy
from tests.builders import Object, line, manifest, metadata, sound_lines
from tests.fakes import judge

REKOGNITION = CONSUMERS["rekognition-custom-labels"]
SOUND = manifest(*sound_lines())


def named(number: int, label: str) -> Object:
    return {"source-ref": f"s3://images/{number}.png", label: 0, f"{label}-metadata": metadata()}


@pytest.mark.parametrize(("limit", "told"), [(35, True), (36, False)])
def test_blank_lines_count_for_the_limit_where_the_consumer_counts_them(limit: int, *, told: bool) -> None:
    policy = Policy(consumer=replace(REKOGNITION, lines={Role.SINGLE: limit}))

    judged = judge(SOUND + b"\n\n", policy)

    found = [finding for finding in judged.findings if finding.rule == "manifest-too-many-lines"]
    assert [finding.message for finding in found] == (
        [f"The manifest has 36 lines; rekognition-custom-labels takes {limit}."] if told else []
    )


def test_the_label_that_most_lines_use_is_the_usual_one_wherever_it_begins() -> None:
    names = ["a", "b", "b", "c", "c", "b"]

    judged = judge(manifest(*(named(number, name) for number, name in enumerate(names))))

    assert [finding.message for finding in judged.findings if finding.rule == "label-name-inconsistent"] == [
        "1 line, from line 1 on, with the label 'a'; 3 lines with 'b'.",
        "2 lines, from line 4 on, with the label 'c'; 3 lines with 'b'.",
    ]


def test_a_single_line_without_a_class_that_labels_leaves_nothing_labelled() -> None:
    assert judge(manifest(line(1, "scratch"))).rules == ["class-name-unknown", "dataset-no-labels"]


@pytest.mark.parametrize(
    ("count", "rules"), [(1, ["dataset-too-few-classes"]), (2, []), (3, []), (4, ["dataset-too-many-classes"])]
)
def test_as_many_classes_as_the_consumer_takes_are_sound(count: int, rules: list[str]) -> None:
    policy = Policy(consumer=replace(REKOGNITION, class_count=(2, 3)))

    assert judge(manifest(*(line(number, f"class {number}") for number in range(count))), policy).rules == rules
