from collections.abc import Mapping

import pytest

from core.catalogue import RULES
from core.consumers import CONSUMERS
from core.existence import ImageCheck
from core.finding import Finding
from core.image_findings import Wanted, judge_images
from core.key_lines import KeyLines
from core.policy import Policy
from core.ports import Found
from core.similar_keys import Similar

LIMIT = 8 * 1024**2


def named(*keys: str, lines: tuple[int, ...]) -> KeyLines:
    built = KeyLines("images")
    for key, line in zip(keys, lines, strict=True):
        built.add(key, line)
    return built


WANTED = Wanted(
    "images",
    {
        "source-ref": named("1.png", "2.png", lines=(1, 2)),
        "anomaly-mask-ref": named("1.png", "m.png", lines=(2, 1)),
    },
)


def judged(
    check: ImageCheck, consumer: str = "lookout-for-vision", similar: Mapping[str, Similar] | None = None
) -> list[Finding]:
    return list(judge_images(check, WANTED, Policy(consumer=CONSUMERS[consumer]), similar or {}))


@pytest.mark.parametrize(("size", "rules"), [(LIMIT, []), (LIMIT + 1, ["image-too-large"])])
def test_an_image_may_be_so_large_and_an_archived_one_too(size: int, rules: list[str]) -> None:
    found = judged(ImageCheck(found={"2.png": Found(size, archived=True)}))

    assert [finding.rule for finding in found] == [*rules, "image-archived"]


def test_a_mask_may_be_of_any_size() -> None:
    assert judged(ImageCheck(found={"m.png": Found(LIMIT + 1)})) == []
    assert [(finding.rule, finding.line) for finding in judged(ImageCheck(found={"1.png": Found(LIMIT + 1)}))] == [
        ("image-too-large", 1)
    ]


def test_a_consumer_without_a_limit_takes_images_that_are_notable_for_something_else() -> None:
    found = judged(ImageCheck(found={"2.png": Found(2**40, archived=True)}), "sagemaker-training")

    assert [finding.rule for finding in found] == ["image-archived"]


def test_missing_images_and_masks_are_sorted_by_how_the_key_that_is_there_differs() -> None:
    found = judged(ImageCheck(missing=["1.png", "2.png"]), similar={"1.png": Similar("1.PNG", "in upper case")})

    assert [(finding.rule, finding.line, finding.kind, finding.fix[:23]) for finding in found] == [
        ("image-not-found", 1, "in upper case", "Write s3://images/1.PNG"),
        ("mask-not-found", 2, "in upper case", "Write s3://images/1.PNG"),
        ("image-not-found", 2, "", RULES["image-not-found"].fix[:23]),
    ]
    assert [finding.message for finding in found] == [
        "The image does not exist, but '1.PNG' does (in upper case).",
        "The mask does not exist, but '1.PNG' does (in upper case).",
        "The image does not exist.",
    ]
