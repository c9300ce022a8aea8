"""Images in S3: what listing and looking tell of them, and at what cost."""

import threading
from collections.abc import Callable

import boto3
import pytest

from core.errors import PermanentError, RetryableError
from tests.builders import manifest
from tests.integration.conftest import Configure
from tests.integration.world import IMAGES, MANIFESTS, Inbox, Json, World, good, good_keys, image, rules

LISTED, LOOKED_AT = 30, 3


def findings(report: Json, rule: str) -> list[tuple[int | None, str]]:
    return [(finding["line"], finding["value"]) for finding in report["findings"] if finding["rule"] == rule]


@pytest.fixture(params=[LISTED, LOOKED_AT], ids=["listed", "looked-at"])
def judged(request: pytest.FixtureRequest, world: World) -> Callable[..., Json]:
    """Judges images of which the second is special; each way of asking S3 has to tell it."""

    def judge(body: bytes = b"image", **more: str) -> Json:
        keys = good_keys(request.param)
        world.put_images(keys)
        world.put_images(keys[1:2], body, **more)
        report = world.judge(world.drop(good(keys)))
        assert ("ListObjectsV2" in report["requests"]) == (request.param == LISTED)
        assert report["statistics"]["images"]["checked"] == request.param
        return report

    return judge


def test_image_of_no_bytes(judged: Callable[..., Json]) -> None:
    assert findings(judged(b""), "image-empty") == [(2, "s3://parts/images/00001.png")]


def test_image_that_is_too_large(judged: Callable[..., Json]) -> None:
    assert findings(judged(b"x" * (8 * 1024**2)), "image-too-large") == []
    assert findings(judged(b"x" * (8 * 1024**2 + 1)), "image-too-large") == [(2, "s3://parts/images/00001.png")]


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
def test_image_in_an_archive(judged: Callable[..., Json], storage: str) -> None:
    assert findings(judged(storage=storage), "image-archived") == [(2, "s3://parts/images/00001.png")]


@pytest.mark.parametrize("storage", ["GLACIER_IR", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA"])
def test_image_in_a_class_that_can_be_read(judged: Callable[..., Json], storage: str) -> None:
    assert findings(judged(storage=storage), "image-archived") == []


RESTORED = "<RestoreExpiryDate>2099-01-01T00:00:00.000Z</RestoreExpiryDate>"


@pytest.mark.parametrize(("restored", "archived"), [(RESTORED, 0), ("", 30)])
def test_listed_images_that_are_restored(world: World, restored: str, archived: int) -> None:
    status = f"<RestoreStatus><IsRestoreInProgress>{'false' if restored else 'true'}</IsRestoreInProgress>{restored}"
    entries = "".join(
        f"<Contents><Key>{key}</Key><Size>5</Size><StorageClass>GLACIER</StorageClass>{status}</RestoreStatus></Contents>"
        for key in good_keys()
    )
    event = world.drop()
    world.wire.answer(
        "ListObjectsV2",
        200,
        f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>",
        where=IMAGES,
    )

    report = world.judge(event)

    assert report["totals"].get("image-archived", 0) == archived
    (listing,) = [call for call in world.wire.calls if call.operation == "ListObjectsV2" and call.bucket == IMAGES]
    assert listing.headers["x-amz-optional-object-attributes"] == "RestoreStatus"


@pytest.mark.parametrize(("ongoing", "archived"), [("false", 0), ("true", 3)])
def test_looked_at_images_that_are_restored(world: World, ongoing: str, archived: int) -> None:
    event = world.drop(good(good_keys(LOOKED_AT)))
    world.wire.answer(
        "HeadObject",
        200,
        where=IMAGES,
        Content_Length="5",
        x_amz_storage_class="GLACIER",
        x_amz_restore=f'ongoing-request="{ongoing}"',
    )

    assert world.judge(event)["totals"].get("image-archived", 0) == archived


def test_image_that_needs_a_customers_key(world: World, inbox: Inbox) -> None:
    keys = good_keys(LOOKED_AT)
    world.put_images(keys)
    world.wire.fail("HeadObject", 400, where=keys[1])

    report = world.judge(world.drop(good(keys)))

    assert report["verdict"] == "INCOMPLETE"
    (finding,) = [finding for finding in report["findings"] if finding["rule"] == "images-unchecked"]
    assert "SSE-KMS" in finding["fix"]
    assert report["statistics"]["images"] == {
        "bucket": IMAGES,
        "checked": 2,
        "missing": 0,
        "unchecked": 1,
        "inspected": 0,
    }
    assert report["accepted"] == "some"
    assert inbox.verdicts() == ["INCOMPLETE"]


@pytest.mark.parametrize("count", [LOOKED_AT, LISTED])
def test_bucket_that_does_not_exist(world: World, count: int) -> None:
    lines = [image(key, bucket="no-such-bucket") for key in good_keys(count)]

    report = world.judge(world.drop(manifest(*lines)))

    assert report["verdict"] == "INVALID"
    (finding,) = [finding for finding in report["findings"] if finding["rule"] == "image-bucket-not-found"]
    assert (finding["value"], finding["count"]) == ("no-such-bucket", count)
    assert "image-not-found" not in rules(report)
    assert report["accepted"] == "none"


def test_bucket_in_another_region(world: World) -> None:
    elsewhere = boto3.client("s3", region_name="eu-central-1")
    elsewhere.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    world.put_images(bucket="far-away")

    report = world.judge(world.drop(manifest(*(image(key, bucket="far-away") for key in good_keys()))))

    (finding,) = [finding for finding in report["findings"] if finding["rule"] == "image-bucket-wrong-region"]
    assert "'far-away' lies in eu-central-1, the manifest's in us-east-1" in finding["message"]
    assert report["statistics"]["images"]["checked"] == 30
    assert report["verdict"] == "INVALID"


@pytest.mark.parametrize("status", [301, 400, 403])
def test_region_is_known_where_looking_is_denied(world: World, status: int) -> None:
    world.put_images()
    event = world.drop()
    world.wire.answer("HeadBucket", status, where=f"{IMAGES}/", x_amz_bucket_region="eu-west-1")

    assert "image-bucket-wrong-region" in rules(world.judge(event))


def test_bucket_whose_name_s3_refuses(world: World) -> None:
    event = world.drop(manifest(*(image(key, bucket="a..b") for key in good_keys(LOOKED_AT))))
    world.wire.fail("HeadBucket", 400)
    world.wire.fail("ListObjectsV2", 400, "InvalidBucketName", where="a..b")

    assert "image-bucket-not-found" in rules(world.judge(event))


def test_credentials_that_are_refused_are_no_fault_of_the_images(world: World) -> None:
    event = world.drop()
    world.wire.fail("HeadBucket", 400)
    world.wire.fail("ListObjectsV2", 400, "ExpiredToken", where=IMAGES)

    with pytest.raises(PermanentError, match="Check the AWS credentials"):
        world.invoke(event)
    assert world.report_keys() == []


@pytest.mark.parametrize("count", [LISTED, LOOKED_AT])
def test_look_that_s3_refuses_is_a_finding(world: World, inbox: Inbox, count: int) -> None:
    event = world.drop(good(good_keys(count)))
    world.wire.fail("ListObjectsV2", 400, "InvalidRequest", where=IMAGES)
    world.wire.fail("HeadObject", 416, where=IMAGES)

    report = world.judge(event)

    assert report["verdict"] == "INCOMPLETE"
    (finding,) = [finding for finding in report["findings"] if finding["rule"] == "images-unchecked"]
    assert "was refused" in finding["message"]
    assert inbox.verdicts() == ["INCOMPLETE"]


def test_bucket_that_tells_neither_region_nor_fault(world: World) -> None:
    world.put_images()
    event = world.drop()
    world.wire.fail("HeadBucket", 400, where=f"{IMAGES}/")

    assert world.judge(event)["verdict"] == "VALID"


def test_region_is_not_asked_for_in_the_manifests_own_bucket(world: World) -> None:
    keys = good_keys()
    world.put_images(keys, bucket=MANIFESTS)
    report = world.judge(world.drop(manifest(*(image(key, bucket=MANIFESTS) for key in keys))))

    assert "HeadBucket" not in report["requests"]
    assert report["statistics"]["images"]["checked"] == 30


def test_throttled_while_asking_for_the_region(world: World) -> None:
    world.put_images()
    event = world.drop()
    world.wire.fail("HeadBucket", 503, where=f"{IMAGES}/", times=2)

    report = world.judge(event)

    assert report["verdict"] == "VALID"
    assert report["requests"]["HeadBucket"] == 4


def test_no_threads_are_left_behind(world: World) -> None:
    keys = good_keys(12)
    world.put_images(keys)
    event = world.drop(good(keys))
    before = threading.active_count()
    world.judge(event)
    world.wire.fail("HeadObject", 503, where=f"{IMAGES}/{keys[2]}")

    with pytest.raises(RetryableError):
        world.invoke({"bucket": MANIFESTS, "key": "train/my.manifest"})

    assert threading.active_count() == before
    images = world.read_report()["statistics"]["images"]
    assert images["checked"] + images["unchecked"] == 12
    assert images["unchecked"] >= 1


def test_throttled_past_every_retry_while_asking_for_the_region(world: World) -> None:
    world.put_images()
    event = world.drop()
    world.wire.fail("HeadBucket", 503, where=f"{IMAGES}/")

    with pytest.raises(RetryableError):
        world.invoke(event)
    assert world.read_report()["verdict"] == "INCOMPLETE"


def test_directory_bucket_is_not_listed(world: World) -> None:
    bucket = "parts--use1-az4--x-s3"
    keys = good_keys()
    world.wire.answer("HeadBucket", 200, where=bucket, x_amz_bucket_region="us-east-1")
    session = "<AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken>"
    session += "<Expiration>2099-01-01T00:00:00Z</Expiration>"
    world.wire.answer(
        "CreateSession", 200, f"<CreateSessionResult><Credentials>{session}</Credentials></CreateSessionResult>"
    )
    world.wire.fail("HeadObject", 404, where=f"{bucket}/{keys[3]}")
    world.wire.answer("HeadObject", 200, where=bucket, Content_Length="5")

    report = world.judge(world.drop(manifest(*(image(key, bucket=bucket) for key in keys))))

    assert findings(report, "image-not-found") == [(4, f"s3://{bucket}/{keys[3]}")]
    assert report["requests"]["HeadObject"] == 30 + 1 + 1, "the images, the report, the missing one's other form"
    assert "ListObjectsV2" not in report["requests"]


def test_one_bucket_is_configured(world: World, configure: Configure) -> None:
    configure(IMAGES_BUCKET=IMAGES)
    world.put_images()
    strangers = [image(f"other/{number}.png", bucket="others") for number in range(40)]

    report = world.judge(world.drop(good() + manifest(*strangers)))

    assert report["totals"]["source-ref-other-bucket"] == 40
    assert report["statistics"]["images"] == {
        "bucket": IMAGES,
        "checked": 30,
        "missing": 0,
        "unchecked": 0,
        "inspected": 0,
    }
    assert world.read(report["files"]["accepted.manifest"]["key"]) == good()


def test_2500_images_are_listed_in_three_pages(world: World) -> None:
    keys = good_keys(2_500)
    world.put_images(key for key in keys if key != keys[1_234])

    report = world.judge(world.drop(good(keys)))

    assert findings(report, "image-not-found") == [(1_235, f"s3://{IMAGES}/{keys[1_234]}")]
    assert report["statistics"]["images"] == {
        "bucket": IMAGES,
        "checked": 2_500,
        "missing": 1,
        "unchecked": 0,
        "inspected": 0,
    }
    hint = 1  # the missing image's name in another form is looked for
    assert report["requests"]["ListObjectsV2"] == 3 + hint
    assert world.wire.operations(IMAGES)["ListObjectsV2"] == 3 + hint
    assert report["requests"].get("HeadObject", 0) == 1


def test_requests_are_counted_truly(world: World) -> None:
    world.put_images(good_keys()[:20])
    event = world.drop(good())
    for call in (event, {"bucket": MANIFESTS, "key": "train/my.manifest"}):
        world.wire.calls.clear()
        (answer,) = world.invoke(call)["manifests"]
        sent = world.wire.operations()

        told = world.read_report(answer["report"])["requests"]

        # The report cannot tell of its own writing.
        sent["PutObject"] -= 1
        assert told == sent
