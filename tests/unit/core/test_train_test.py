from dataclasses import replace

from core.consumers import CONSUMERS
from core.policy import Policy
from tests.builders import Line, line, manifest, sound_lines
from tests.fakes import MANIFEST, Judged, judge

REKOGNITION = Policy(consumer=CONSUMERS["rekognition-custom-labels"])
SOUND = manifest(*sound_lines())


def judged_after(*train: Line, test: bytes = SOUND, policy: Policy = REKOGNITION) -> Judged:
    """A test manifest, judged beside a train manifest."""
    first = judge(manifest(*train), policy, manifest=replace(MANIFEST, key="train.manifest"))
    return judge(test, policy, train=first.judgement)


def test_a_test_manifest_without_sound_lines_has_no_classes_to_compare() -> None:
    judged = judged_after(line(1), line(2, "anomaly"), test=manifest("{"))

    assert "dataset-label-overlap" not in judged.rules


def test_classes_in_one_of_two_manifests_are_named_in_order_and_ten_at_most() -> None:
    names = [f"class {number:02}" for number in range(12)]

    [finding] = judged_after(*(line(number, name) for number, name in enumerate(reversed(names)))).findings

    assert finding.message == (
        "0 of 14 classes are in both manifests; rekognition-custom-labels wants 50%. In one of them only: "
        f"'anomaly', {', '.join(map(repr, names[:9]))}."
    )


def test_images_of_the_train_manifest_are_told_in_the_order_of_lines() -> None:
    judged = judged_after(*reversed(sound_lines()), policy=Policy())

    assert judged.rules == ["dataset-train-test-overlap"] * 34
    assert [finding.line for finding in judged.findings] == list(range(1, 35))
    assert "on line 34 of the train manifest" in judged.findings[0].message
