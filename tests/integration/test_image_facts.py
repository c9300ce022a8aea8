"""Images that are opened: what their first bytes tell, and what S3 says where it does not give them out."""

import io
import threading
from collections.abc import Mapping

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody

from aws.s3_images import S3Images
from core.errors import NoSuchBucketError, PermanentError, RefusedError, RetryableError
from core.ports import NotFound
from tests.integration.conftest import Configure
from tests.integration.world import IMAGES, Inbox, Json, World, good, good_keys, rules
from tests.pictures import S3_ERROR, WEB_PAGE, picture, with_segments

KIB = 1_024
SOUND = picture("JPEG")
KEYS = good_keys(60)
AT_IMAGES = f"s3://{IMAGES}/"


@pytest.fixture(autouse=True)
def all_are_opened(configure: Configure) -> None:
    configure(INSPECT_IMAGES="all")


def judge(world: World, contents: Mapping[int, bytes], keys: list[str] = KEYS) -> Json:
    """Judges a dataset of which some images, by their lines, are special."""
    world.put_images(keys, SOUND)
    for line, content in contents.items():
        world.put_images([keys[line - 1]], content)
    return world.judge(world.drop(good(keys)))


def found(report: Json) -> list[tuple[str, int | None]]:
    return [(finding["rule"], finding["line"]) for finding in report["findings"]]


def messages(report: Json) -> list[str]:
    return [finding["message"] for finding in report["findings"]]


def read(world: World, key: str = "a", size: int = 10) -> bytes | NotFound:
    """What the adapter makes of one object."""
    [(answered, start)] = S3Images(world.s3).read_starts(IMAGES, [key], size)
    assert answered == key
    return start


def test_sound_images_cost_one_ranged_read_each(world: World) -> None:
    report = judge(world, {})

    assert (report["verdict"], report["findings"]) == ("VALID", [])
    assert report["statistics"]["images"]["inspected"] == len(KEYS)
    reads = [call for call in world.wire.calls if call.operation == "GetObject" and call.bucket == IMAGES]
    assert sorted(call.key for call in reads) == KEYS
    assert {call.headers["range"] for call in reads} == {f"bytes=0-{64 * KIB - 1}"}


def test_no_image_is_opened_unless_asked_for(world: World, configure: Configure) -> None:
    configure(INSPECT_IMAGES="")
    report = judge(world, {3: WEB_PAGE})

    assert report["verdict"] == "VALID"
    assert report["statistics"]["images"]["inspected"] == 0
    assert world.wire.operations(IMAGES)["GetObject"] == 0


def test_a_sample_is_opened(world: World, configure: Configure) -> None:
    configure(INSPECT_IMAGES="sample")
    report = judge(world, {}, good_keys(1_100))

    assert report["verdict"] == "VALID"
    assert report["statistics"]["images"]["inspected"] == world.wire.operations(IMAGES)["GetObject"] == 200


def test_each_fault_is_named_on_its_line(world: World) -> None:
    report = judge(
        world,
        {
            3: WEB_PAGE,
            7: S3_ERROR,
            11: picture("JPEG")[:150],
            12: picture("PNG")[:20],
            15: picture("WEBP"),
            16: picture("TIFF"),
            20: picture("PNG", width=60),
            25: picture("JPEG", width=480, height=640),
        },
    )

    assert report["verdict"] == "INVALID"
    assert found(report) == [
        ("image-unreadable", 3),
        ("image-unreadable", 7),
        ("image-unreadable", 11),
        ("image-unreadable", 12),
        ("image-format-unsupported", 15),
        ("image-format-unsupported", 16),
        ("image-dimensions-differ", 20),
        ("image-dimensions-out-of-range", 20),
        ("image-dimensions-differ", 25),
    ]
    assert "The image is WebP, though its name ends in .png; lookout-for-vision takes PNG and JPEG." in messages(report)
    assert report["statistics"]["images"]["inspected"] == len(KEYS)
    assert report["accepted"] == "some"


def test_real_images_of_one_size_are_sound_however_they_are_stored(world: World) -> None:
    report = judge(
        world,
        {
            1: picture("PNG", mode="I;16"),
            2: picture("PNG", mode="RGBA"),
            3: picture("JPEG", mode="CMYK"),
            4: picture("JPEG", progressive=True),
            5: picture("JPEG", exif=b"Exif\0\0" + bytes(65_500)),
            6: picture("JPEG", icc_profile=bytes(300_000)),
            7: with_segments(SOUND, 1_500_000),
        },
    )

    assert (report["verdict"], report["findings"]) == ("VALID", [])
    ranges = [call.headers["range"] for call in world.wire.calls if call.key in KEYS[4:7] and "range" in call.headers]
    assert sorted(ranges) == sorted(
        [f"bytes=0-{64 * KIB - 1}"] * 3 + [f"bytes=0-{1_024 * KIB - 1}"] * 3 + [f"bytes=0-{16_384 * KIB - 1}"]
    )


def test_limits_are_those_of_the_consumer(world: World, configure: Configure) -> None:
    configure(CONSUMER="rekognition-custom-labels")
    report = judge(world, {2: picture("PNG", 3_000, 100), 5: picture("GIF"), 6: picture("PNG", 64, 4_096)})

    assert found(report) == [
        ("image-aspect-ratio", 2),
        ("image-format-unsupported", 5),
        ("image-aspect-ratio", 6),
    ]


def test_images_that_are_missing_empty_or_archived_are_not_opened(world: World) -> None:
    world.put_images(KEYS[1:], SOUND)
    world.put_images(KEYS[1:2], b"")
    world.put_images(KEYS[2:3], SOUND, storage="GLACIER")

    report = world.judge(world.drop(good(KEYS)))

    assert found(report) == [("image-not-found", 1), ("image-empty", 2), ("image-archived", 3)]
    assert report["statistics"]["images"]["inspected"] == len(KEYS) - 3


def test_images_that_may_not_be_read(world: World, inbox: Inbox) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.fail("GetObject", 403, "AccessDenied", where=AT_IMAGES)

    report = world.judge(event)

    assert report["verdict"] == "INCOMPLETE"
    [finding] = report["findings"]
    assert (finding["rule"], finding["count"]) == ("image-access-denied", 60)
    assert "were not opened" in finding["message"]
    assert report["statistics"]["images"]["inspected"] == 0
    assert report["accepted"] == "none"
    assert inbox.verdicts() == ["INCOMPLETE"]


def test_an_image_that_needs_a_customers_key(world: World) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.fail("GetObject", 400, "InvalidRequest", where=KEYS[4])

    report = world.judge(event)

    [finding] = report["findings"]
    assert (report["verdict"], finding["rule"], finding["lines"]) == ("INCOMPLETE", "images-unchecked", [5])
    assert report["statistics"]["images"]["inspected"] == 59


def test_an_image_in_an_archive_that_no_listing_tells(world: World) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.fail("GetObject", 403, "InvalidObjectState", where=KEYS[4])

    report = world.judge(event)

    assert (report["verdict"], found(report)) == ("INVALID", [("image-archived", 5)])


def test_an_image_that_is_removed_meanwhile(world: World) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.before("GetObject", lambda: world.s3.delete_object(Bucket=IMAGES, Key=KEYS[4]), where=KEYS[4])

    report = world.judge(event)

    [finding] = report["findings"]
    assert (report["verdict"], finding["rule"], finding["lines"]) == ("INCOMPLETE", "images-unchecked", [5])


def test_an_image_that_is_emptied_meanwhile(world: World) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.before("GetObject", lambda: world.put_images([KEYS[4]], b""), where=KEYS[4])

    report = world.judge(event)

    assert (report["verdict"], found(report)) == ("INVALID", [("image-unreadable", 5)])


def test_throttled_past_every_retry_while_opening(world: World, inbox: Inbox) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.fail("GetObject", 503, "SlowDown", where=KEYS[29])
    before = threading.active_count()

    with pytest.raises(RetryableError):
        world.invoke(event)

    report = world.read_report()
    assert (report["verdict"], found(report)) == ("INCOMPLETE", [("images-unchecked", None)])
    assert inbox.verdicts() == ["INCOMPLETE"]
    assert threading.active_count() == before


def test_throttled_now_and_then_while_opening(world: World) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.fail("GetObject", 503, "SlowDown", where=AT_IMAGES, times=4)

    assert world.judge(event)["verdict"] == "VALID"


def test_time_runs_out_while_images_are_opened(world: World) -> None:
    keys = good_keys(600)
    world.put_images(keys, SOUND)
    event = world.drop(good(keys))

    def remaining() -> int:
        return 10 * 60_000 if world.wire.operations(IMAGES)["GetObject"] < 300 else 1_000

    report = world.judge(event, remaining=remaining)

    [finding] = report["findings"]
    assert (report["verdict"], finding["rule"]) == ("INCOMPLETE", "images-unchecked")
    assert report["statistics"]["images"]["inspected"] + finding["count"] == 600
    assert report["statistics"]["images"]["inspected"] == 512


def test_refused_credentials_are_no_fault_of_the_images(world: World) -> None:
    world.put_images(KEYS, SOUND)
    event = world.drop(good(KEYS))
    world.wire.fail("GetObject", 400, "ExpiredToken", where=AT_IMAGES)

    with pytest.raises(PermanentError, match="Check the AWS credentials"):
        world.invoke(event)
    assert world.report_keys() == []


@pytest.mark.parametrize(
    ("body", "start"),
    [(b"", b""), (b"123456789", b"123456789"), (b"0123456789", b"0123456789"), (b"0123456789a", b"0123456789")],
)
def test_first_bytes_of_an_object(world: World, body: bytes, start: bytes) -> None:
    world.put_images(["a"], body)

    assert read(world) == start


def test_many_objects_answer_each_for_itself(world: World) -> None:
    keys = good_keys(100)
    for key in keys[:99]:
        world.put_images([key], key.encode())

    answers = dict(S3Images(world.s3).read_starts(IMAGES, keys, 100))

    assert answers == {key: key.encode() for key in keys[:99]} | {keys[99]: NotFound.MISSING}


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        (400, "InvalidRequest", NotFound.ENCRYPTED),
        (403, "", NotFound.DENIED),
        (403, "AccessDenied", NotFound.DENIED),
        (403, "AllAccessDisabled", NotFound.DENIED),
        (403, "InvalidObjectState", NotFound.ARCHIVED),
        (404, "NoSuchKey", NotFound.MISSING),
        (416, "InvalidRange", b""),
    ],
)
def test_what_an_answer_says_of_one_object(world: World, status: int, code: str, answer: bytes | NotFound) -> None:
    world.wire.fail("GetObject", status, code)

    assert read(world) == answer


@pytest.mark.parametrize(
    ("status", "code", "family"),
    [
        (400, "ExpiredToken", PermanentError),
        (400, "KMS.DisabledException", RefusedError),
        (403, "InvalidAccessKeyId", PermanentError),
        (403, "RequestTimeTooSkewed", PermanentError),
        (404, "NoSuchBucket", NoSuchBucketError),
        (409, "OperationAborted", RetryableError),
        (500, "InternalError", RetryableError),
        (503, "SlowDown", RetryableError),
    ],
)
def test_what_an_answer_says_of_all_objects(world: World, status: int, code: str, family: type[Exception]) -> None:
    world.wire.fail("GetObject", status, code)

    with pytest.raises(family, match="Reading s3://parts/a") as raised:
        read(world)

    assert type(raised.value) is family


def test_an_answer_that_breaks_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put_images(["a"], b"0123456789")

    def broken(_body: StreamingBody, _size: int) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr(StreamingBody, "read", broken)

    with pytest.raises(RetryableError, match="Reading s3://parts/a failed on the way"):
        read(world)


def test_a_server_that_knows_no_ranges_does_not_send_whole_images(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, closed = io.BytesIO(bytes(1_000)), []
    body = StreamingBody(sent, 1_000)
    monkeypatch.setattr(body, "close", lambda: closed.append(body))
    monkeypatch.setattr(world.s3, "get_object", lambda **_: {"Body": body})

    assert read(world) == bytes(10)
    assert (sent.tell(), closed) == (10, [body])


def test_rules_about_images_need_them_opened(world: World, configure: Configure) -> None:
    configure(INSPECT_IMAGES="all", IGNORE_RULES="image-dimensions-differ")

    report = judge(world, {5: picture("PNG", width=641)})

    assert (report["verdict"], rules(report)) == ("VALID", set())
