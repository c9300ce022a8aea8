"""A test manifest beside its train manifest: images that are in both, and classes that are not."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from core.finding import Finding
from core.key_lines import KeyLines
from core.policy import Policy
from core.source_ref import SourceRef
from core.stretch import Stretch


def judge_common_images(train: Stretch, test: Stretch, name: str, policy: Policy) -> Iterator[Finding]:
    """Findings about lines of the test manifest whose image the train manifest names too, in the order of lines.

    Args:
        train: The train manifest, as read.
        test: The test manifest, as read.
        name: What the train manifest is called.
        policy: How to judge.
    """
    common = [
        (line, first[key], str(SourceRef(bucket, key)))
        for bucket, mine in test.references.buckets.items()
        if (theirs := train.references.buckets.get(bucket)) is not None
        for first in [_first_lines(theirs.images, mine.images.common(theirs.images))]
        for line, key in mine.images.on(first)
    ]
    for line, other, value in sorted(common):
        message = f"The image is on line {other} of the train manifest {name}, too."
        yield from policy.finding("dataset-train-test-overlap", message, line=line, field="source-ref", value=value)


def _first_lines(images: KeyLines, keys: Collection[str]) -> dict[str, int]:
    """For each of some keys the first line that names it."""
    return {key: line for line, key in reversed(images.on(keys))}


def judge_common_classes(train: Stretch, test: Stretch, policy: Policy) -> Iterator[Finding]:
    """A finding, if the two have too few classes in common: of all classes on sound lines of either."""
    share = policy.consumer.label_overlap
    mine, theirs = test.usable().keys(), train.usable().keys()
    if share is None or not mine or not theirs:
        return
    common, every = mine & theirs, mine | theirs
    if len(common) < share * len(every):
        only = ", ".join(map(repr, sorted(mine ^ theirs)[:10]))
        message = (
            f"{len(common):,} of {len(every):,} classes are in both manifests; {policy.consumer.name} wants "
            f"{share:.0%}. In one of them only: {only}."
        )
        yield from policy.finding("dataset-label-overlap", message, value=len(common))
