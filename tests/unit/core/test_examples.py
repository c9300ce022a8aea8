"""Every rule's example yields that rule and no other, in the world that its note tells of."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from core.catalogue import RULES, Rule, Scope
from core.consumers import CONSUMERS, Consumer
from core.examples import OTHER, SOUND
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.validate import Judgement, validate
from tests.casebook import CaseImages, Images, ManifestItself, World, named
from tests.fakes import Sink, times

KEY, MASK = "line-4/0412.png", "masks/0412.png"


def sound_lines(normal: int, anomaly: int) -> list[str]:
    """Lines of other images than the examples."""
    lines = [SOUND] * normal + [OTHER] * anomaly
    return [line.replace("041", str(number)) for number, line in enumerate(lines, 90_001)]


ENOUGH = sound_lines(22, 12)


def numbered(line: str, count: int) -> str:
    """A line many times, each of another image."""
    return "\n".join(line.replace("041", f"{number:04}") for number in range(1, count + 1))


def classes(line: str, count: int) -> str:
    """A line many times, each of another image and another class."""
    each = numbered(line, count).split("\n")
    return "\n".join(line.replace("part-1", f"part-{number}") for number, line in enumerate(each, 1))


def more_labels(count: int) -> str:
    label = json.loads(SOUND)["anomaly-label-metadata"]
    content = {f"label-{number}": 0 for number in range(count)}
    return json.dumps(content | {f"{name}-metadata": label for name in content})[1:-1]


def spelled_out(text: str) -> Callable[[str], str]:
    """Puts a text where the example has an ellipsis."""
    return lambda example: example.replace("…", text)


def as_it_is(example: str) -> str:
    return example


@dataclass(frozen=True)
class Setting:
    """What an example needs.

    Attributes:
        world: How it is judged, and what S3 answers.
        among: It stands among sound lines.
        write: Writes out what the example only tells of.
        also: Other rules that the example cannot but break.
        train: The train manifest.
    """

    world: World = field(default_factory=World)
    among: bool = True
    write: Callable[[str], str] = as_it_is
    also: frozenset[str] = frozenset()
    train: str | None = None


def images(**told: object) -> Setting:
    return Setting(World(images=Images.model_validate(told)))


def opened(start: str) -> Setting:
    return Setting(World(inspect="all", images=Images(starts={KEY: start})))


def itself(**told: object) -> Setting:
    return Setting(World(object=ManifestItself.model_validate(told)))


EVERY_KEY = [KEY, *(key for line in ENOUGH for _, key in named(line.encode()))]
SETTINGS = {
    "attribute-too-long": Setting(write=spelled_out("x" * 20_001)),
    "dataset-label-overlap": Setting(
        among=False,
        train="\n".join(SOUND.replace("0412", each).replace("normal", each) for each in ("normal", "dent", "hole")),
    ),
    "dataset-no-labels": Setting(among=False, also=frozenset({"label-unannotated"})),
    "dataset-too-few-anomaly": Setting(among=False, write=lambda example: numbered(example, 20)),
    "dataset-too-few-classes": Setting(among=False),
    "dataset-too-few-normal": Setting(among=False, write=lambda example: numbered(example, 10)),
    "dataset-too-many-classes": Setting(among=False, write=lambda example: classes(example, 251)),
    "dataset-too-many-invalid-lines": Setting(among=False, also=frozenset({"line-blank"})),
    "dataset-train-test-overlap": Setting(train=SOUND),
    "image-access-denied": images(denied=[KEY], listing_denied=True),
    "image-archived": images(archived=[KEY]),
    "image-aspect-ratio": opened("png 4000x100"),
    "image-bucket-not-found": images(bucket_missing=True),
    "image-bucket-wrong-region": images(regions={"manifests": "eu-central-1", "factory-images": "us-east-1"}),
    "image-dimensions-differ": opened("png 1280x960"),
    "image-dimensions-out-of-range": Setting(
        World(inspect="all", images=Images(starts=dict.fromkeys(EVERY_KEY, "png 5472x3648")))
    ),
    "image-empty": images(sizes={KEY: 0}),
    "image-format-unsupported": opened("gif 640x480"),
    "image-not-found": images(missing=[KEY]),
    "image-too-large": images(sizes={KEY: 9_000_000}),
    "image-unreadable": opened("text"),
    "images-unchecked": images(throttled=True),
    "label-too-many": Setting(write=spelled_out(more_labels(50))),
    "line-too-long": Setting(write=spelled_out("x" * 8_000)),
    "line-unreadable": Setting(write=spelled_out("x" * 1024**2)),
    "manifest-archived": itself(archived=True),
    "manifest-empty": Setting(among=False),
    "manifest-key-unsupported": itself(key="train/parts + tools.manifest"),
    "manifest-metadata-invalid": itself(metadata={"dataset-role": "training"}, choices_allowed=True),
    "manifest-not-fully-read": Setting(World(out_of_time_after=0)),
    "manifest-not-json-lines": Setting(among=False),
    "manifest-not-utf8": Setting(among=False),
    "manifest-too-large": itself(size=1024**3 + 1),
    "manifest-too-many-lines": Setting(write=lambda example: numbered(example, 16_001 - len(ENOUGH))),
    "mask-not-found": images(missing=[MASK]),
}


def reader(rule: Rule) -> Consumer:
    """The first consumer for which the rule is on."""
    return next(consumer for consumer in CONSUMERS.values() if Policy(consumer=consumer).severity(rule.slug))


def manifest(rule: Rule, setting: Setting) -> bytes:
    """The example among sound lines, where it stands among any: one about the manifest before them."""
    example = setting.write(rule.example)
    place = 0 if rule.scope is Scope.MANIFEST else 20
    lines = [*ENOUGH[:place], example, *ENOUGH[place:]] if setting.among else [example]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def judged(body: bytes, setting: Setting, consumer: Consumer, sink: Sink, train: Judgement | None = None) -> Judgement:
    world = setting.world.model_copy(update={"consumer": consumer.name})
    item = world.object
    opened_manifest = OpenManifest(
        ManifestObject(item.bucket, item.key, size=len(body) if item.size is None else item.size),
        [body],
        archived=item.archived,
        metadata=item.metadata,
    )
    return validate(
        opened_manifest,
        world.policy(),
        CaseImages(world.images, list(named(body)), None, world),
        sink,
        out_of_time=(lambda: False) if world.out_of_time_after is None else times(world.out_of_time_after),
        choices_allowed=item.choices_allowed,
        train=train,
    )


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_example_yields_exactly_its_rule(rule: Rule) -> None:
    setting, sink = SETTINGS.get(rule.slug, Setting()), Sink()
    train = judged(setting.train.encode(), setting, reader(rule), Sink()) if setting.train else None

    judged(manifest(rule, setting), setting, reader(rule), sink, train)

    assert {finding.rule for finding in sink} - setting.also == {rule.slug}
    assert setting.also <= {finding.rule for finding in sink}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_more_an_example_needs_is_told(rule: Rule) -> None:
    setting = SETTINGS.get(rule.slug, Setting())

    assert rule.example or rule.example_note
    if setting != Setting(among=setting.among):
        assert rule.example_note
    for also in setting.also:
        assert also in rule.example_note


@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
def test_no_consumer_finds_fault_with_the_line_that_examples_are_made_from(consumer: Consumer) -> None:
    sink = Sink()

    judged("\n".join([SOUND, OTHER, *ENOUGH]).encode(), Setting(), consumer, sink)

    assert sink == []
