import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from core.consumers import CONSUMERS
from core.errors import GateError, NoSuchBucketError, PermanentError, RefusedError, RetryableError
from core.existence import Cause
from core.finding import Finding, Severity
from core.image_facts import SAMPLE_IMAGES, ImageFacts, inspect_images, judge_facts
from core.image_start import Flaw, Size
from core.key_lines import KeyLines
from core.policy import Inspect, Policy
from core.ports import NotFound
from tests.builders import BUCKET
from tests.fakes import SOUND_IMAGE, MemoryImages, times
from tests.pictures import WEB_PAGE, picture, with_segments

KIB = 1_024
VGA = Size(640, 480)
ALL = Policy(inspect=Inspect.ALL)
REKOGNITION = Policy(consumer=CONSUMERS["rekognition-custom-labels"], inspect=Inspect.ALL)
GROUND_TRUTH = Policy(consumer=CONSUMERS["ground-truth"], inspect=Inspect.ALL)
NOISE = random.Random(7).randbytes(5_000)  # noqa: S311 - no secret


def names(count: int) -> list[str]:
    return [f"set/{number:05}.png" for number in range(count)]


def store(contents: Mapping[str, bytes] | list[str], **options: object) -> MemoryImages:
    given = contents if isinstance(contents, Mapping) else {}
    return MemoryImages({BUCKET: dict.fromkeys(contents, SOUND_IMAGE)}, contents=given, **options)


def inspect(
    images: MemoryImages, keys: list[str] | None = None, policy: Policy = ALL, clock: Callable[[], bool] = lambda: False
) -> ImageFacts:
    wanted = sorted(images.buckets[BUCKET]) if keys is None else keys
    return inspect_images(BUCKET, wanted, images, policy, out_of_time=clock)


def judged(facts: ImageFacts, policy: Policy = ALL, **lines: list[int]) -> list[Finding]:
    """Findings about the images `a` to `z`, which stand on the lines given, else on the line of their number."""
    images = KeyLines(BUCKET)
    named = {key: lines.get(key, [number]) for number, key in enumerate("abcdefghijklmnopqrstuvwxyz", 1)}
    for line, key in sorted((line, key) for key, on in named.items() for line in on):
        images.add(key, line)
    return list(judge_facts(facts, BUCKET, images, policy))


def told(findings: list[Finding]) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.line) for finding in findings]


@pytest.mark.parametrize(
    ("policy", "opened"), [(Inspect.NONE, 0), (Inspect.SAMPLE, SAMPLE_IMAGES), (Inspect.ALL, 1_000)]
)
def test_as_many_images_are_opened_as_the_policy_says(policy: Inspect, opened: int) -> None:
    images = store(names(1_000))

    facts = inspect(images, policy=Policy(inspect=policy))

    assert facts.opened == len(images.reads) == opened


def test_a_sample_is_spread_over_all_keys_and_the_same_each_time() -> None:
    keys = names(1_000)
    first, second = store(keys), store(keys)

    inspect(first, policy=Policy(inspect=Inspect.SAMPLE))
    inspect(second, policy=Policy(inspect=Inspect.SAMPLE))

    sample = [key for key, _ in first.reads]
    assert first.reads == second.reads
    assert sample == sorted(set(sample))
    assert (sample[0], sample[-1]) == (keys[0], keys[-1])
    assert {int(key[4:9]) // 100 for key in sample} == set(range(10))


@pytest.mark.parametrize("count", [1, 2, SAMPLE_IMAGES - 1, SAMPLE_IMAGES, SAMPLE_IMAGES + 1])
def test_a_sample_of_few_images_is_all_of_them(count: int) -> None:
    images = store(names(count))

    assert inspect(images, policy=Policy(inspect=Inspect.SAMPLE)).opened == min(count, SAMPLE_IMAGES)


def test_one_read_of_64_kib_tells_nearly_every_image() -> None:
    images = store({"a": picture(), "b": picture("JPEG"), "c": WEB_PAGE, "d": picture("GIF"), "e": NOISE})

    facts = inspect(images)

    assert images.reads == [(key, 64 * KIB) for key in "abcde"]
    assert facts == ImageFacts(
        opened=5, sizes={VGA: ["a", "b"]}, formats={"d": "gif"}, flaws={"c": Flaw.HTML, "e": Flaw.UNKNOWN}
    )


def test_only_a_jpeg_is_read_further() -> None:
    images = store({"a": picture() + bytes(70 * KIB), "b": WEB_PAGE + b" " * 70 * KIB})

    assert inspect(images).opened == 2
    assert images.reads == [("a", 64 * KIB), ("b", 64 * KIB)]


def test_a_jpeg_whose_size_comes_late_is_read_further() -> None:
    images = store(
        {
            "exif": with_segments(picture("JPEG"), 100_000),
            "history": with_segments(picture("JPEG"), 3_000_000, marker=0xED),
            "profile": picture("JPEG", icc_profile=bytes(200_000)),
            "usual": picture("JPEG"),
        }
    )

    assert inspect(images) == ImageFacts(opened=4, sizes={VGA: ["usual", "exif", "profile", "history"]})
    further = [("exif", 1_024 * KIB), ("history", 1_024 * KIB), ("profile", 1_024 * KIB), ("history", 16_384 * KIB)]
    assert images.reads[4:] == further


def test_a_jpeg_that_was_read_to_its_end_is_not_read_further() -> None:
    images = store({"cut": with_segments(picture("JPEG"), 60_000)[:50_000]})

    assert inspect(images).flaws == {"cut": Flaw.BROKEN_JPEG}
    assert len(images.reads) == 1


def test_reading_further_has_an_end() -> None:
    images = store({"endless": b"\xff\xd8\xff" + bytes(20_000 * KIB)})

    assert inspect(images).flaws == {"endless": Flaw.BROKEN_JPEG}
    assert [size for _, size in images.reads] == [64 * KIB, 1_024 * KIB, 16_384 * KIB]


def test_what_cannot_be_read_is_never_called_bad() -> None:
    answers = {
        "archived": NotFound.ARCHIVED,
        "denied": NotFound.DENIED,
        "encrypted": NotFound.ENCRYPTED,
        "gone": NotFound.MISSING,
    }

    assert inspect(store([*answers, "sound"], answers=answers)) == ImageFacts(
        opened=1,
        sizes={VGA: ["sound"]},
        archived=["archived"],
        unchecked={Cause.DENIED: ["denied"], Cause.ENCRYPTED: ["encrypted"], Cause.GONE: ["gone"]},
    )


@pytest.mark.parametrize(
    ("fault", "cause", "refusal"),
    [
        (RetryableError("slow down"), Cause.THROTTLED, ""),
        (RefusedError("no such name"), Cause.REFUSED, "no such name"),
        (NoSuchBucketError("deleted"), Cause.GONE, ""),
    ],
)
def test_a_fault_leaves_what_was_not_answered_yet(fault: GateError, cause: Cause, refusal: str) -> None:
    facts = inspect(store(names(1_000), faults={301: fault}))

    assert (facts.opened, facts.unchecked, facts.refusal) == (300, {cause: names(1_000)[300:]}, refusal)


def test_an_image_that_had_to_be_read_further_is_left_where_that_fails() -> None:
    contents = {"a": with_segments(picture("JPEG"), 100_000), "b": picture()}

    facts = inspect(store(contents, faults={3: RetryableError("slow down")}))

    assert facts == ImageFacts(opened=1, sizes={VGA: ["b"]}, unchecked={Cause.THROTTLED: ["a"]})


def test_refused_credentials_are_no_fault_of_the_images() -> None:
    with pytest.raises(PermanentError, match="credentials"):
        inspect(store(names(3), faults={2: PermanentError("credentials")}))


def test_no_request_begins_when_time_has_run_out() -> None:
    images = store(names(1_000))

    facts = inspect(images, clock=times(2))

    assert facts.opened == len(images.reads) == 512
    assert facts.unchecked == {Cause.OUT_OF_TIME: names(1_000)[512:]}


def test_time_may_run_out_before_an_image_is_read_further() -> None:
    images = store({"a": with_segments(picture("JPEG"), 100_000), "b": picture()})

    assert inspect(images, clock=times(1)).unchecked == {Cause.OUT_OF_TIME: ["a"]}


def test_few_whole_megabytes_are_read_between_two_glances_at_the_clock() -> None:
    late = {f"{number:03}": with_segments(picture("JPEG", 8, 8), 70_000) for number in range(40)}
    images = store(late)

    facts = inspect(images, clock=times(2))

    assert (facts.opened, len(facts.unchecked[Cause.OUT_OF_TIME])) == (32, 8)


def test_nothing_is_asked_where_there_is_nothing_to_open() -> None:
    assert inspect(store([]), [], clock=times(0)) == ImageFacts()
    assert inspect(store([]), [], Policy(inspect=Inspect.SAMPLE)) == ImageFacts()


def test_halves_merge_to_the_whole() -> None:
    contents = {
        **{f"png{number}": picture(width=64 + number % 2) for number in range(6)},
        **{f"late{number}": with_segments(picture("JPEG"), 70_000) for number in range(3)},
        "a": picture("GIF"),
        "b": WEB_PAGE,
        "x": WEB_PAGE,
        "y": picture("BMP"),
        "z": NOISE,
    }
    answers = dict.fromkeys(["late1", "png2"], NotFound.DENIED) | dict.fromkeys(["a", "z"], NotFound.ARCHIVED)
    keys = sorted(contents)

    whole = inspect(store(contents, answers=answers))
    merged = inspect(store(contents, answers=answers), keys[:5])
    merged.merge(inspect(store(contents, answers=answers), keys[5:]))

    # The order in which keys were answered is of no meaning.
    for facts in (whole, merged):
        facts.sizes = {size: sorted(keys) for size, keys in facts.sizes.items()}
    assert merged == whole


def test_a_refusal_survives_merging() -> None:
    refused = ImageFacts(unchecked={Cause.REFUSED: ["a"]}, refusal="because")
    merged = ImageFacts()
    merged.merge(refused)
    merged.merge(ImageFacts(refusal="later"))

    assert merged == refused


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        (Flaw.EMPTY, "no bytes any more"),
        (Flaw.HTML, "an HTML page; was an error page saved as an image?"),
        (Flaw.XML, "XML; was an error page saved as an image?"),
        (Flaw.JSON, "JSON; was an error page saved as an image?"),
        (Flaw.GIT_LFS, "a pointer of Git LFS"),
        (Flaw.TEXT, "text, no image"),
        (Flaw.UNKNOWN, "does not begin as images of any known format do"),
        (Flaw.BROKEN_PNG, "begins as PNG, but its header is cut off or broken"),
        (Flaw.BROKEN_JPEG, "begins as JPEG, but its header is cut off or broken"),
    ],
)
def test_what_is_no_image_is_unreadable(flaw: Flaw, words: str) -> None:
    [finding] = judged(ImageFacts(opened=1, flaws={"c": flaw}))

    assert (finding.rule, finding.severity, finding.line) == ("image-unreadable", Severity.ERROR, 3)
    assert (finding.field, finding.value, finding.kind) == ("source-ref", f"s3://{BUCKET}/c", flaw.value)
    assert words in finding.message
    assert ("git lfs pull" in finding.fix) == (flaw is Flaw.GIT_LFS)


@pytest.mark.parametrize("name", ["ground-truth", "sagemaker-training"])
def test_a_consumer_that_names_no_formats_may_read_one_that_is_not_known_here(name: str) -> None:
    policy = Policy(consumer=CONSUMERS[name], inspect=Inspect.ALL)
    facts = ImageFacts(
        opened=5,
        sizes={Size(1, 9_000): ["a"], VGA: ["b"]},
        formats={"c": "tiff"},
        flaws={"d": Flaw.UNKNOWN, "e": Flaw.XML, "f": Flaw.BROKEN_PNG},
    )

    assert told(judged(facts, policy)) == [("image-unreadable", 5), ("image-unreadable", 6)]


@pytest.mark.parametrize("policy", [ALL, REKOGNITION])
def test_an_image_of_another_format_is_named(policy: Policy) -> None:
    images = KeyLines(BUCKET)
    images.add("a/photo.JPG", 7)
    facts = ImageFacts(opened=1, formats={"a/photo.JPG": "webp"})

    [finding] = judge_facts(facts, BUCKET, images, policy)

    assert (finding.rule, finding.line, finding.kind) == ("image-format-unsupported", 7, "webp")
    assert finding.message == (
        f"The image is WebP, though its name ends in .JPG; {policy.consumer.name} takes PNG and JPEG."
    )
    assert finding.value == f"s3://{BUCKET}/a/photo.JPG"


@pytest.mark.parametrize("key", ["photo.webp", "photo", "png", "a.png/photo"])
def test_an_extension_that_promises_nothing_is_not_blamed(key: str) -> None:
    images = KeyLines(BUCKET)
    images.add(key, 7)

    [finding] = judge_facts(ImageFacts(opened=1, formats={key: "webp"}), BUCKET, images, ALL)

    assert finding.message == "The image is WebP; lookout-for-vision takes PNG and JPEG."


@pytest.mark.parametrize("policy", [ALL, REKOGNITION])
@pytest.mark.parametrize(
    ("size", "kind"),
    [
        (Size(64, 64), None),
        (Size(4_096, 4_096), None),
        (Size(63, 64), "too-small"),
        (Size(64, 63), "too-small"),
        (Size(4_097, 4_096), "too-large"),
        (Size(4_096, 4_097), "too-large"),
        (Size(63, 4_097), "too-small"),
        (Size(64, 4_097), "too-large"),
    ],
)
def test_the_sides_of_an_image_have_limits(policy: Policy, size: Size, kind: str | None) -> None:
    findings = judged(ImageFacts(opened=1, sizes={size: ["b"]}), policy)
    out_of_range = [finding for finding in findings if finding.rule == "image-dimensions-out-of-range"]

    assert [(finding.line, finding.kind) for finding in out_of_range] == ([(2, kind)] if kind else [])


def test_the_sides_are_told_with_the_limits() -> None:
    [finding] = judged(ImageFacts(opened=1, sizes={Size(5_472, 3_648): ["a"]}))

    assert finding.message == (
        "The image measures 5,472 x 3,648 pixels; lookout-for-vision takes sides of 64 to 4,096."
    )


def test_images_of_another_size_than_most_are_named_with_both() -> None:
    facts = ImageFacts(opened=5, sizes={Size(480, 640): ["d", "a"], VGA: ["b", "c", "e"]})

    findings = judged(facts)

    assert told(findings) == [("image-dimensions-differ", 1), ("image-dimensions-differ", 4)]
    assert findings[0].message == ("The image measures 480 x 640 pixels; 3 of 5 that were opened measure 640 x 480.")
    assert judged(facts, REKOGNITION) == []


def test_of_equally_many_the_size_of_the_first_key_is_the_usual_one() -> None:
    facts = ImageFacts(opened=4, sizes={Size(480, 640): ["c", "b"], VGA: ["d", "a"]})

    assert facts.usual_size() == VGA
    assert told(judged(facts)) == [("image-dimensions-differ", 2), ("image-dimensions-differ", 3)]


def test_images_without_a_size_have_no_usual_one() -> None:
    assert ImageFacts(opened=1, formats={"a": "gif"}).usual_size() is None


@pytest.mark.parametrize(
    ("size", "long"),
    [
        (Size(2_000, 100), False),
        (Size(100, 2_000), False),
        (Size(2_001, 100), True),
        (Size(100, 2_001), True),
    ],
)
def test_an_image_may_be_so_many_times_as_long_as_wide(size: Size, long: bool) -> None:  # noqa: FBT001
    facts = ImageFacts(opened=1, sizes={size: ["a"]})

    assert told(judged(facts, REKOGNITION)) == ([("image-aspect-ratio", 1)] if long else [])
    assert judged(facts) == []


def test_every_line_that_names_an_image_is_named_each_rule_in_their_order() -> None:
    facts = ImageFacts(
        opened=6,
        sizes={Size(32, 1_000): ["a", "b"], VGA: ["c", "d", "e"]},
        formats={"f": "gif", "g": "bmp"},
        flaws={"h": Flaw.HTML, "i": Flaw.TEXT},
        archived=["k", "j"],
    )

    findings = judged(facts, a=[90, 92], b=[91], f=[50], g=[40], h=[70], i=[60], j=[30], k=[20])

    assert told(findings) == [
        ("image-archived", 20),
        ("image-archived", 30),
        ("image-unreadable", 60),
        ("image-unreadable", 70),
        ("image-format-unsupported", 40),
        ("image-format-unsupported", 50),
        *(("image-dimensions-out-of-range", line) for line in (90, 91, 92)),
        *(("image-dimensions-differ", line) for line in (90, 91, 92)),
    ]
    assert {finding.severity for finding in findings} == {Severity.ERROR}


def test_an_image_that_must_be_restored_is_told_as_opened() -> None:
    [finding] = judged(ImageFacts(archived=["a"]))

    assert (finding.rule, finding.kind, finding.value) == ("image-archived", "opened", f"s3://{BUCKET}/a")


@pytest.mark.parametrize(
    ("cause", "rule", "words"),
    [
        (Cause.THROTTLED, "images-unchecked", "throttled"),
        (Cause.OUT_OF_TIME, "images-unchecked", "time ran out"),
        (Cause.ENCRYPTED, "images-unchecked", "key that a customer provides"),
        (Cause.DENIED, "image-access-denied", "403"),
        (Cause.REFUSED, "images-unchecked", "was refused"),
        (Cause.GONE, "images-unchecked", "removed while"),
    ],
)
def test_images_that_were_not_opened_are_one_finding_a_cause(cause: Cause, rule: str, words: str) -> None:
    facts = ImageFacts(unchecked={cause: ["c", "b"]}, refusal="it was refused")

    [finding] = judged(facts, b=[9, 12], c=[3])

    assert (finding.rule, finding.severity, finding.kind) == (rule, Severity.UNCHECKED, cause.value)
    assert (finding.count, finding.lines, finding.value) == (3, (3, 9, 12), BUCKET)
    assert f"2 images of bucket '{BUCKET}' were not opened" in finding.message
    assert f"s3://{BUCKET}/c" in finding.message
    assert words in finding.message


def test_a_rule_that_is_off_says_nothing() -> None:
    slugs = ["image-archived", "image-unreadable", "image-format-unsupported", "image-dimensions-out-of-range"]
    off = dict.fromkeys([*slugs, "image-dimensions-differ", "image-aspect-ratio"])
    facts = ImageFacts(
        opened=4,
        sizes={Size(9, 900): ["a"], VGA: ["b"]},
        formats={"c": "gif"},
        flaws={"d": Flaw.HTML},
        archived=["e"],
    )

    assert judged(facts, replace(ALL, severities=off)) == []
    assert judged(facts, replace(REKOGNITION, severities=off)) == []
