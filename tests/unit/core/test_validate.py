"""The whole way, from bytes to a judgement. What each rule finds is in test_rules_*.py."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import wanted_keys
from core.consumers import DEFAULT_CONSUMER, Role
from core.errors import GateError, NoRoomError, NoSuchBucketError, PermanentError, RefusedError, RetryableError
from core.existence import Cause, ImageCheck
from core.finding import Finding, Severity, Verdict
from core.image_facts import ImageFacts
from core.lines import split_lines
from core.manifest import ManifestObject, OpenManifest
from core.policy import Inspect, Policy
from core.ports import Found, NotFound
from core.report import Report, build_report, list_findings
from core.shelf import Shelf
from core.stretch import LineState
from core.validate import Judgement, validate
from tests.builders import BUCKET, encoded, line, manifest, sound_lines
from tests.fakes import MANIFEST, Judged, MemoryImages, MemoryScratch, Sink, images_of, judge, times

SOUND = manifest(*sound_lines())
ODD_KEYS = [
    "train set+v2/a b.png",
    "a+b@c,(d)=e&f.png",
    "100%20.png",
    "한글/이미지.png",
    "😀.png",
    "a\u200bb.png",
    "a//b.png",
    "\ue000.png",
    "caf\u00e9.png",
    "cafe\u0301.png",
    "\u003d'\"\\.png",
]


def only(judged: Judged, *rules: str) -> None:
    assert set(judged.rules) == set(rules)


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_sound_manifest_is_valid_whatever_its_chunks(size: int) -> None:
    judged = judge([SOUND[start : start + size] for start in range(0, len(SOUND), size)])

    assert (judged.verdict, judged.findings) == (Verdict.VALID, [])
    assert judged.judgement.sha256 == hashlib.sha256(SOUND).hexdigest()
    assert judged.judgement.bytes_read == len(SOUND)
    assert judged.judgement.images_bucket == BUCKET
    assert judged.judgement.check == ImageCheck(checked=34)


def test_an_empty_manifest_is_invalid() -> None:
    judged = judge(b"")

    only(judged, "manifest-empty")
    assert judged.verdict is Verdict.INVALID
    assert judged.judgement.sha256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("body", [b"\n", b" ", b"\r\n\r\n", b"\xef\xbb\xbf\n", b"\n" * 5_000])
def test_blank_lines_alone_are_invalid(body: bytes) -> None:
    judged = judge(body)

    assert {"manifest-empty", "line-blank"} <= set(judged.rules)
    assert judged.verdict is Verdict.INVALID


def test_a_byte_order_mark_is_warned_of_and_belongs_to_no_line() -> None:
    body = b"\xef\xbb\xbf" + SOUND + b"\xff\n"

    mark, fault = judge(body).findings

    assert (mark.rule, mark.severity) == ("manifest-byte-order-mark", Severity.WARNING)
    assert (fault.rule, fault.line) == ("line-not-utf8", 35)
    assert f"column 1 (offset {body.index(0xFF):,} of the file)" in fault.message


def test_a_byte_order_mark_in_chunks_of_a_byte_is_seen() -> None:
    body = b"\xef\xbb\xbf" + SOUND

    assert judge([body[at : at + 1] for at in range(len(body))]).rules == ["manifest-byte-order-mark"]
    assert judge(b"\xef\xbb\xbf").rules == ["manifest-byte-order-mark", "manifest-empty"]


def test_lines_may_end_with_carriage_returns_and_the_last_without_anything() -> None:
    assert judge(manifest(*sound_lines(), end=b"\r\n")).findings == []
    assert judge(manifest(*sound_lines(), end=b"\r\n").removesuffix(b"\r\n")).findings == []
    assert judge(SOUND.removesuffix(b"\n")).findings == []


def test_line_numbers_are_physical() -> None:
    judged = judge(b"\r\n" + SOUND + b"\n\n" + b"{\r\n" + b"}")

    assert [finding.line for finding in judged.findings] == [1, 36, 37, 38, 39]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_one_fault(codec: str) -> None:
    only(judge(SOUND.decode().encode(codec)), "manifest-not-utf8")


def test_latin_1_is_a_fault_of_the_lines_that_hold_it() -> None:
    odd = encoded(line("s3://images/caf\xe9.png")).decode().encode("latin-1")

    judged = judge(manifest(odd, *sound_lines(), odd))

    assert [(finding.rule, finding.line) for finding in judged.findings] == [
        ("line-not-utf8", 1),
        ("line-not-utf8", 36),
    ]


def test_a_compressed_manifest_is_one_fault() -> None:
    judged = judge(gzip.compress(SOUND))

    only(judged, "manifest-not-utf8")
    assert judged.judgement.sha256 is None
    assert len(judged.judgement.stretch.states) == 0


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([line(1), line(2)]),
        json.dumps([line(1), line(2)], indent=1),
        json.dumps(line(1), indent=2),
        "\n".join(json.dumps(line(number), indent=4) for number in range(500)),
        "source-ref,label\n" + "".join(f"s3://images/{number}.png,normal\n" for number in range(500)),
        "\ufeff" + json.dumps(line(1), indent=2),
    ],
    ids=["array", "printed array", "printed", "much printed", "table", "marked"],
)
def test_another_format_is_one_fault(text: str) -> None:
    judged = judge(text.encode())

    assert [rule for rule in judged.rules if rule != "manifest-byte-order-mark"] == ["manifest-not-json-lines"]
    assert judged.verdict is Verdict.INVALID


def test_the_documentations_own_example_gets_one_diagnosis_with_both_faults() -> None:
    printed = json.dumps(line("s3: //bucket/image/anomaly/abnormal-1.jpg", "anomaly"), indent=4)

    [finding] = judge(printed.encode()).findings

    assert "printed over several lines" in finding.message
    assert "a space within s3://" in finding.message
    assert '"source-ref":"s3://bucket/image/anomaly/abnormal-1.jpg"' in finding.fix


def test_a_space_in_the_scheme_of_all_lines_is_one_entry_of_the_report() -> None:
    judged = judge(manifest(*(line(f"s3: //bucket/{number}.png") for number in range(50))))

    entries, _ = judged.judgement.stretch.tally.entries(50, 100)
    [entry] = [entry for entry in entries if entry.rule == "source-ref-malformed"]
    assert entry.count == 50
    assert "has a space within s3://" in entry.message


def test_a_long_line_without_end_is_not_held() -> None:
    judged = judge([SOUND, *[b"x" * 2**16] * 100, b"\n", encoded(line())])

    [fault] = judged.findings
    assert (fault.rule, fault.line) == ("line-unreadable", 35)
    assert "The line has 6,553,600 bytes" in fault.message
    assert len(judged.judgement.stretch.states) == 36


def test_a_hundred_thousand_brackets_are_a_fault_of_their_line() -> None:
    judged = judge(SOUND + b"[" * 100_000 + b"\n" + b"[" * 50_000 + b"]" * 50_000)

    assert [(finding.rule, finding.line) for finding in judged.findings if "long" not in finding.rule] == [
        ("line-invalid-json", 35),
        ("line-json-unsupported", 36),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"confidence": NaN}', "line-invalid-json"),
        ('{"a": 1, "a": 2}', "line-duplicate-key"),
        ('{"a": "\\ud800"}', "line-json-unsupported"),
    ],
)
def test_what_parsers_let_pass_is_found(text: str, rule: str) -> None:
    body = SOUND + (json.dumps(line(1))[:-1] + ', "extra": ' + text + "}").encode()

    assert judge(body).rules == [rule]


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
def test_odd_keys_are_looked_up_as_they_are_written(key: str) -> None:
    body = SOUND + manifest(line(f"s3://{BUCKET}/{key}"))

    there = judge(body)
    images = images_of(body) | {"manifests": {}}
    del images[BUCKET][key]
    missing = judge(body, images=MemoryImages(images))

    assert there.verdict is Verdict.VALID
    assert set(there.rules) <= {"source-ref-suspicious"}
    [finding] = [finding for finding in missing.findings if finding.rule == "image-not-found"]
    assert finding.line == 35


def test_a_key_written_with_escapes_is_the_same_key() -> None:
    body = (
        SOUND
        + b'{"source-ref": "s3://images/\\u003d\\uac00.png"'
        + encoded(line())[len('{"source-ref": "s3://images/1.png"') :]
    )

    judged = judge(
        body, images=MemoryImages(images_of(SOUND + manifest(line("s3://images/=가.png"))) | {"manifests": {}})
    )

    assert judged.findings == []


def test_lines_alone_are_judged_without_a_look_at_the_images() -> None:
    images = MemoryImages({})

    judged = judge(SOUND, Policy(check_images=False), images)

    assert judged.verdict is Verdict.VALID
    assert judged.judgement.check is None
    assert images.requests.total() == 0


def test_a_manifest_of_another_format_names_no_images() -> None:
    images = MemoryImages({})

    judged = judge(b"[]\n[]", images=images)

    assert images.requests.total() == 0
    assert judged.judgement.images_bucket is None
    assert judged.judgement.check is None


@pytest.mark.parametrize(
    "options", [{"archived": True}, {"manifest": replace(MANIFEST, size=2**31)}], ids=["archived", "too large"]
)
def test_a_manifest_that_cannot_be_read_is_not_read(options: dict[str, object]) -> None:
    def chunks() -> Iterator[bytes]:
        pytest.fail("the manifest was read")
        yield b""

    findings: list[Finding] = []

    class Sink:
        def write(self, found: Sequence[Finding]) -> None:
            findings.extend(found)

    manifest_object = options.get("manifest", MANIFEST)
    assert isinstance(manifest_object, ManifestObject)
    opened = OpenManifest(manifest_object, chunks(), archived="archived" in options)
    judgement = validate(opened, Policy(), MemoryImages({}), Sink())

    assert judgement.verdict is Verdict.INVALID
    assert len(findings) == 1
    assert judgement.sha256 is None


def test_metadata_may_choose_where_that_is_allowed() -> None:
    metadata = {"consumer": "lookout-for-vision", "dataset-role": "test", "label-attribute": "other"}

    allowed = judge(SOUND, metadata=metadata, choices_allowed=True).judgement.policy
    refused = judge(SOUND, metadata=metadata).judgement.policy

    assert allowed == Policy(role=Role.TEST, label_attribute="other")
    assert refused == Policy()


def test_metadata_that_chooses_nothing_leaves_the_settings() -> None:
    policy = Policy(role=Role.TRAIN, label_attribute="anomaly-label", images_bucket=BUCKET)

    assert judge(SOUND, policy, metadata={"owner": "x"}, choices_allowed=True).judgement.policy == policy


def test_choices_that_do_not_exist_are_all_found_and_the_rest_applies() -> None:
    judged = judge(
        SOUND,
        metadata={"consumer": "x", "dataset-role": "", "label-attribute": "anomaly-label"},
        choices_allowed=True,
    )

    assert judged.rules == ["manifest-metadata-invalid"] * 2
    assert judged.judgement.policy == Policy(label_attribute="anomaly-label")
    assert "one of: single, train, test" in judged.findings[1].fix


def test_out_of_time_while_reading_leaves_the_images_unchecked_and_the_data_set_unjudged() -> None:
    body = [manifest(*sound_lines(2, 0)) + b" " * 2**16 + b"\n", manifest(line(1)) + manifest(line(2))]
    images = MemoryImages(images_of(b"".join(body)) | {"manifests": {}})

    judged = judge(body, images=images, out_of_time=times(1))

    assert judged.rules == ["line-blank", "manifest-not-fully-read", "images-unchecked"]
    assert judged.verdict is Verdict.INCOMPLETE
    assert images.requests.total() == 0
    assert len(judged.judgement.stretch.states) == 3
    assert not judged.judgement.throttled


def test_repeats_are_judged_in_what_was_read() -> None:
    body = [manifest(line(1), line(1)) + b" " * 2**16 + b"\n", manifest(line(1))]

    judged = judge(body, Policy(check_images=False), out_of_time=times(1))

    assert judged.rules == ["line-blank", "manifest-not-fully-read", "source-ref-duplicate"]


def test_a_throttled_store_leaves_the_manifest_to_be_judged_anew() -> None:
    judged = judge(SOUND, images=MemoryImages(images_of(SOUND) | {"manifests": {}}, faults={3: RetryableError("slow")}))

    assert judged.judgement.throttled
    assert judged.verdict is Verdict.INCOMPLETE
    assert set(judged.judgement.stretch.states) == {4}


@pytest.mark.parametrize("looks", [{}, {"facts": ImageFacts()}])
def test_a_throttled_look_is_enough_to_judge_anew(looks: dict[str, ImageFacts]) -> None:
    check = ImageCheck(unchecked={Cause.THROTTLED: ["a.png"]})

    assert Judgement(MANIFEST, Policy(), check=check, **looks).throttled
    assert not Judgement(MANIFEST, Policy(), check=ImageCheck(), **looks).throttled


def test_a_store_throttled_at_the_look_for_the_region_has_checked_nothing() -> None:
    images = MemoryImages(images_of(SOUND) | {"manifests": {}}, faults={1: RetryableError("slow")})

    judged = judge(SOUND, images=images)

    assert judged.rules == ["images-unchecked"]
    assert judged.judgement.check == ImageCheck(untouched=Cause.THROTTLED)
    assert judged.judgement.stretch.count(LineState.UNCHECKED) == 34
    assert images.requests == {"region": 1}


def test_denied_images_are_no_reason_to_judge_anew() -> None:
    judgement = judge(SOUND, images=MemoryImages(images_of(SOUND) | {"manifests": {}}, listing_denied=True)).judgement

    assert not judgement.throttled


def test_images_in_the_manifests_own_bucket_need_no_look_at_a_region() -> None:
    images = MemoryImages(images_of(SOUND))

    judged = judge(SOUND, images=images, manifest=replace(MANIFEST, bucket=BUCKET))

    assert judged.findings == []
    assert images.requests == {"list": 1}


def test_the_images_of_a_local_manifest_may_lie_in_any_region() -> None:
    images = MemoryImages(images_of(SOUND), regions={BUCKET: "eu-west-1"})

    judged = judge(SOUND, images=images, manifest=ManifestObject(None, "my.manifest"))

    assert judged.findings == []
    assert images.requests == {"region": 1, "list": 1}


def test_a_manifests_bucket_that_is_gone_is_no_fault_of_the_images() -> None:
    assert judge(SOUND, images=MemoryImages(images_of(SOUND))).findings == []


def test_wrong_region_is_told_and_the_images_are_looked_for_all_the_same() -> None:
    images = images_of(SOUND) | {"manifests": {}}
    del images[BUCKET]["1001.png"]

    judged = judge(SOUND, images=MemoryImages(images, regions={BUCKET: "a", "manifests": "b"}))

    assert judged.rules == ["image-bucket-wrong-region", "image-not-found"]


class FullSink:
    """Takes so many batches, refuses one, and takes the rest."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def write(self, findings: Sequence[Finding]) -> None:
        self.left -= 1
        if self.left == -1:
            raise RetryableError(f"the disk is full at {findings}")


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
def test_findings_that_cannot_be_stored_are_no_fault_of_the_images(batches: int) -> None:
    body = manifest(*sound_lines(), b"{", line(1), line(1))
    images = MemoryImages({"manifests": {}, BUCKET: {}}, regions={BUCKET: "a", "manifests": "b"})

    with pytest.raises(RetryableError, match="the disk is full"):
        validate(OpenManifest(MANIFEST, [body]), Policy(), images, FullSink(batches))


@pytest.mark.parametrize("fault", [PermanentError("no access"), RetryableError("cut off"), NoSuchBucketError("gone")])
def test_faults_of_the_stream_are_raised(fault: GateError) -> None:
    def chunks() -> Iterator[bytes]:
        yield SOUND * 10
        raise fault

    with pytest.raises(type(fault)):
        validate(OpenManifest(MANIFEST, chunks()), Policy(), MemoryImages({}), FullSink(9))


def test_all_findings_go_to_the_sink_however_few_are_kept() -> None:
    judged = judge(manifest(*(line("broken") for _ in range(3_000))), keep=5)

    assert judged.rules.count("source-ref-malformed") == 3_000
    assert judged.judgement.stretch.tally.totals["source-ref-malformed"] == 3_000
    assert judged.judgement.stretch.tally.keep == 5


def test_findings_come_in_the_order_of_lines_rule_by_rule() -> None:
    judged = judge(
        manifest(line(3), line(1), line(3), line(1), line(2)), images=MemoryImages({"manifests": {}, BUCKET: {}})
    )

    assert [(finding.rule, finding.line) for finding in judged.findings if finding.line] == [
        ("source-ref-duplicate", 3),
        ("source-ref-duplicate", 4),
        *(("image-not-found", number) for number in range(1, 6)),
    ]


def test_a_consumer_without_limits_takes_any_manifest() -> None:
    boundless = replace(
        DEFAULT_CONSUMER,
        manifest_bytes=None,
        lines=None,
        line_characters=None,
        image_bytes=None,
        classes=None,
        fewest_images={},
        manifest_key=None,
    )
    body = manifest(line(1, "scratch", note="x" * 10_000))

    judged = judge(body, Policy(consumer=boundless), manifest=ManifestObject("manifests", "a b", size=2**40))

    assert judged.findings == []
    assert judged.judgement.stretch.usable() == {"scratch": 1}


def test_uri_tells_where_a_manifest_lies() -> None:
    assert ManifestObject("bucket", "a b/c").uri == "s3://bucket/a b/c"
    assert ManifestObject(None, "/tmp/c.manifest").uri == "/tmp/c.manifest"  # noqa: S108 - nothing is opened


def test_validate_asks_the_clock_within_a_line_without_end() -> None:
    chunks = iter([b"x" * 1024**2] * 300)

    judged = validate(OpenManifest(MANIFEST, chunks), Policy(), MemoryImages({}), Sink(), out_of_time=times(3))

    assert judged.stretch.tally.totals == {"manifest-not-fully-read": 1}
    assert len(list(chunks)) > 290
    assert judged.sha256 is None


def test_validate_stops_at_the_limit_where_the_size_was_not_known() -> None:
    small = replace(DEFAULT_CONSUMER, manifest_bytes=1_000)
    body = manifest(*sound_lines())
    chunks = iter([body[:900], body[900:1_900], body[1_900:]])

    judged = validate(
        OpenManifest(ManifestObject(None, "-"), chunks),
        Policy(consumer=small, check_images=False),
        MemoryImages({}),
        Sink(),
    )

    assert judged.stretch.tally.totals == {"manifest-too-large": 1}
    assert len(judged.stretch.states) == body[:900].count(b"\n")  # and not the one that is cut off
    assert judged.verdict is Verdict.INVALID
    assert len(list(chunks)) == 1


def test_validate_reads_as_many_bytes_as_the_consumer_where_the_size_was_not_known() -> None:
    policy = Policy(consumer=replace(DEFAULT_CONSUMER, manifest_bytes=len(SOUND)), check_images=False)

    assert judge(SOUND, policy, manifest=ManifestObject(None, "-")).findings == []
    assert judge([SOUND, b" "], policy, manifest=ManifestObject(None, "-")).rules == ["manifest-too-large"]


@pytest.mark.parametrize(
    ("fault", "cause"), [(RetryableError("slow"), Cause.THROTTLED), (RefusedError("no"), Cause.REFUSED)]
)
def test_where_no_image_can_be_asked_for_all_are_unchecked(fault: GateError, cause: Cause) -> None:
    images = MemoryImages(images_of(SOUND) | {"manifests": {}}, faults={1: fault})

    judged = judge(SOUND, images=images)

    assert judged.judgement.check is not None
    assert judged.judgement.check.untouched is cause
    [finding] = judged.findings
    assert (finding.rule, finding.count) == ("images-unchecked", 34)
    assert finding.message.startswith(f"34 images of bucket {BUCKET!r} were not checked: ")
    assert finding.message.endswith(f" The first is 's3://{BUCKET}/1001.png'.")


def test_where_the_bucket_is_missing_so_are_all_images_and_no_more_is_asked() -> None:
    images = MemoryImages({"manifests": {}})

    check = judge(SOUND, images=images).judgement.check

    assert check == ImageCheck(no_bucket=True)
    assert images.requests == {"region": 1}


@pytest.mark.parametrize("fault", [RetryableError("slow"), RefusedError("no")])
def test_no_hint_is_looked_for_where_the_store_is_in_trouble(fault: GateError) -> None:
    images = MemoryImages({"manifests": {}, BUCKET: {}}, faults={5: fault}, listing_denied=True)

    judged = judge(SOUND, images=images)

    assert judged.rules == ["image-not-found", "images-unchecked"]
    assert images.requests == {"region": 2, "list": 1, "head": 2}


@pytest.mark.parametrize(("inspect", "opened"), [(Inspect.NONE, None), (Inspect.SAMPLE, 33), (Inspect.ALL, 33)])
def test_images_that_exist_are_opened_where_that_is_asked_for(inspect: Inspect, opened: int | None) -> None:
    there = images_of(SOUND)[BUCKET]
    del there["1001.png"]
    images = MemoryImages({"manifests": {}, BUCKET: there})

    facts = judge(SOUND, Policy(inspect=inspect), images).judgement.facts

    assert (None if facts is None else facts.opened) == opened
    assert images.requests["read"] == (opened or 0)


def test_images_are_opened_in_rising_order_and_only_if_something_can_be_in_them() -> None:
    body = manifest(*sound_lines()[::-1])
    images = images_of(body) | {"manifests": {}}
    images[BUCKET]["1001.png"] = Found(0)
    images[BUCKET]["1002.png"] = Found(1_000, archived=True)
    images[BUCKET]["1003.png"] = Found(2**40)
    del images[BUCKET]["1004.png"]
    store = MemoryImages(images, listing_denied=True, answers={"1005.png": NotFound.DENIED})

    judge(body, Policy(inspect=Inspect.ALL), store)

    assert [key for key, _ in store.reads] == ["1003.png", *(f"{number}.png" for number in range(1_006, 1_035))]


def test_what_is_seen_in_an_opened_image_marks_its_line() -> None:
    images = MemoryImages(
        images_of(SOUND) | {"manifests": {}},
        contents={"1001.png": b"<html>"},
        answers={"1002.png": NotFound.DENIED},
    )

    judged = judge(SOUND, Policy(inspect=Inspect.ALL), images)

    assert judged.rules == ["image-unreadable", "image-access-denied"]
    assert judged.judgement.stretch.states[:3] == bytes([LineState.INVALID, LineState.UNCHECKED, 0])


@pytest.mark.parametrize("fault_at", [1, 3])
def test_images_that_may_not_be_asked_for_stay_unchecked(fault_at: int) -> None:
    body = manifest(*sound_lines())
    images = MemoryImages(images_of(body), faults={fault_at: RefusedError("no such name")})

    judged = judge(body, manifest=replace(MANIFEST, bucket="elsewhere"), images=images)

    assert [finding.rule for finding in judged.findings] == ["images-unchecked"]
    assert "no such name" in judged.findings[0].message
    assert judged.judgement.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("inside", ["\\ud800" * 300, "x"], ids=["surrogates", "plain"])
def test_a_pretty_printed_object_needs_no_sound_reference(inside: str) -> None:
    judged = judge(f'{{\n "source-ref": "s3://images/{inside}.png"\n}}\n'.encode())

    assert [finding.rule for finding in judged.findings] == ["manifest-not-json-lines"]


@pytest.mark.parametrize("body", [b"{\n" * 40, manifest(*(line(f"images/{n}.png") for n in range(40)))], ids=range(2))
def test_where_every_line_is_at_fault_nothing_is_said_of_labels(body: bytes) -> None:
    judged = judge(body)

    assert {rule for rule in judged.rules if rule.startswith("dataset-")} == set()


def test_a_repeated_image_is_counted_once() -> None:
    twice = [each for each in sound_lines() for _ in range(2)]

    judged = judge(manifest(*twice))

    assert judged.judgement.stretch.usable() == {"normal": 22, "anomaly": 12}


LONG = sound_lines(1_500, 1_500, first=10_001)
"""Lines of several blocks."""


def report_of(judged: Judged) -> Report:
    return build_report(
        judged.judgement,
        list_findings(judged.judgement),
        run="r",
        looked_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=0,
        requests={},
        files={},
    )


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("room", [0, 1])
def test_a_manifest_is_not_fully_read_where_there_is_no_room_for_keys(room: int, odd: int) -> None:
    """Each block puts its keys away."""
    bad = [b"{"] * odd
    body = manifest(*bad, *LONG[:1_500], *bad, *LONG[1_500:])
    shelf = Shelf(10**6, MemoryScratch(room))
    shelf.put(bytes(10**6))  # the budget is used up; half of it serves to sort
    first, second, *_ = split_lines([body])
    read = 0 if room == 0 else second.first - 1

    judged = judge(body, shelf=shelf)

    [finding] = [each for each in judged.findings if each.rule != "line-invalid-json"]
    assert (finding.rule, finding.kind, finding.severity) == ("manifest-not-fully-read", "room", Severity.UNCHECKED)
    after = f"after line {read:,};" if room else "before the first line;"
    assert finding.message.startswith(f"The room for the keys of images was full {after}")
    assert "EphemeralStorageMegabytes" in finding.fix
    assert judged.verdict is (Verdict.INVALID if odd else Verdict.INCOMPLETE)
    assert judged.judgement.sha256 is None
    last = second if room else first
    states = judged.judgement.stretch.states
    assert len(states) == last.first + last.count - 1
    assert all(state & LineState.UNCHECKED for state in states[read:])
    assert not any(state & LineState.UNCHECKED for state in states[:read])
    report = report_of(judged)
    assert report.accepted == ("some" if room else "none")
    assert report.manifest.sha256 is None
    assert report.statistics.lines.valid == max(read - odd, 0)
    assert report.totals == {rule: judged.rules.count(rule) for rule in sorted(set(judged.rules))}


def test_findings_before_the_room_was_full_are_not_lost() -> None:
    """Keys of lines that are judged in full are put away together, after thousands: here in the midst of a block."""
    odd = [line(f"s3://images/a//{number}.png") for number in range(4_200)]
    body = manifest(*odd)
    blocks = list(split_lines([body]))

    judged = judge(body, shelf=Shelf(0, MemoryScratch(room=0)))

    assert (
        judged.rules.count("source-ref-suspicious") == 4_096 - 1 or judged.rules.count("source-ref-suspicious") == 4_096
    )
    assert judged.judgement.stretch.tally.totals == {rule: judged.rules.count(rule) for rule in set(judged.rules)}
    assert judged.rules[-1] == "manifest-not-fully-read"
    assert len(blocks) > 1


class FullWhenSorting(MemoryScratch):
    """Holds the keys of lines, but none that are sorted."""

    def write(self, data: bytes) -> int:
        if not zlib.decompress(data).startswith(b"s3://"):
            raise NoRoomError("The scratch space is full.")
        return super().write(data)


def test_images_stay_unchecked_where_there_is_no_room_to_sort_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted_keys, "_RUN", 0)
    body = manifest(*LONG)
    images = MemoryImages(images_of(body) | {"manifests": {}})

    judged = judge(body, images=images, shelf=Shelf(0, FullWhenSorting()))

    [finding] = judged.findings
    assert (finding.rule, finding.kind, finding.severity) == ("images-unchecked", Cause.NO_ROOM, Severity.UNCHECKED)
    assert finding.message == (
        "3,000 images of bucket 'images' were not checked: there was no room to sort their keys. "
        "The first is 's3://images/10001.png'."
    )
    assert "EphemeralStorageMegabytes" in finding.fix
    assert (finding.count, finding.lines[:2]) == (3_000, (1, 2))
    assert judged.verdict is Verdict.INCOMPLETE
    assert judged.judgement.sha256 == hashlib.sha256(body).hexdigest()
    assert set(judged.judgement.stretch.states) == {LineState.UNCHECKED}
    assert judged.judgement.check == ImageCheck(untouched=Cause.NO_ROOM)
    assert not judged.judgement.throttled
    assert images.requests.keys() == {"region"}
    report = report_of(judged)
    assert report.accepted == "none"
    assert report.statistics.lines.valid == 0
    assert report.statistics.images.unchecked == 3_000


@pytest.mark.parametrize("budget", [0, 50_000, 10**9])
def test_a_report_does_not_depend_on_where_keys_are_held(budget: int) -> None:
    odd = [b"", line(10_007), line(10_005, "anomaly"), line("s3://images/a//b.png"), line("s3://images/a\nb.png")]
    lines = [*LONG, *odd, *sound_lines(30, 30, first=10_100), *LONG[:3], line("s3://others/1.jpg")]
    body = manifest(*lines)
    images = images_of(body) | {"manifests": {}}
    for number in range(10_001, 13_000, 100):
        del images[BUCKET][f"{number}.png"]
    usual = judge(body, images=MemoryImages(images))

    judged = judge(body, images=MemoryImages(images), shelf=Shelf(budget, MemoryScratch()))

    assert judged.findings == usual.findings
    assert judged.judgement == usual.judgement
    assert report_of(judged) == report_of(usual)
    assert {"image-not-found", "source-ref-duplicate", "source-ref-conflicting"} <= set(judged.rules)
