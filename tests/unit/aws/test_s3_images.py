import os
import time
from http import HTTPStatus
from typing import Any

import boto3
import pytest

from aws.s3_images import S3Images
from core.errors import AccessDeniedError, NoSuchBucketError, RetryableError
from core.ports import Found, NotFound, Page
from tests.sky import Reply, Sky

BUCKET = "images"
ENTRY = b"<Contents><Key>k</Key><Size>5</Size></Contents>"
PAGE = b"<ListBucketResult><IsTruncated>false</IsTruncated>" + ENTRY + b"</ListBucketResult>"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return boto3.client("s3", region_name="eu-west-1")


@pytest.fixture
def sky(client: Any) -> Sky:  # noqa: ANN401
    return Sky(client)


@pytest.fixture
def images(client: Any, sky: Sky) -> S3Images:  # noqa: ANN401, ARG001
    return S3Images(client)


def never() -> bool:
    return False


def look(images: S3Images, *keys: str) -> dict[str, Found | NotFound]:
    return dict(images.head(BUCKET, keys, never))


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"content-length": "7"}, Found(7)),
        ({"content-length": "7", "x-amz-storage-class": "GLACIER"}, Found(7, archived=True)),
        (
            {"content-length": "7", "x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="true"'},
            Found(7, archived=True),
        ),
        (
            {"content-length": "7", "x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="false"'},
            Found(7),
        ),
        ({"content-length": "7", "x-amz-storage-class": "GLACIER_IR"}, Found(7)),
    ],
)
def test_a_look_tells_what_is_known_of_an_object(
    sky: Sky, images: S3Images, headers: dict[str, str], found: Found
) -> None:
    sky.replies = [(200, b"", headers)]

    assert look(images, "k") == {"k": found}


@pytest.mark.parametrize(
    ("status", "answer"), [(404, NotFound.MISSING), (403, NotFound.DENIED), (400, NotFound.ENCRYPTED)]
)
def test_a_look_tells_why_nothing_is_known(sky: Sky, images: S3Images, status: int, answer: NotFound) -> None:
    sky.replies = [(status, b"", {})]

    assert look(images, "k") == {"k": answer}


def test_an_answer_without_length_is_no_answer(sky: Sky, images: S3Images) -> None:
    sky.replies = [(200, b"", {}), (200, b"", {"content-length": "7"})]

    assert look(images, "k") == {"k": Found(7)}


def test_nothing_is_looked_at_where_nothing_is_asked(sky: Sky, images: S3Images) -> None:
    assert look(images) == {}
    assert sky.requests == []


def test_what_is_known_comes_before_the_error(images: S3Images, sky: Sky) -> None:
    keys = [f"{number}.png" for number in range(100)]
    answers: dict[str, Found | NotFound] = {}
    sky.replies = [(200, b"", {"content-length": "7"}) for _ in range(50)] + [(503, b"", {})]

    with pytest.raises(RetryableError):
        answers.update(images.head(BUCKET, keys, never))

    assert list(answers.values()) == [Found(7)] * 50


def test_no_look_begins_when_time_is_up(sky: Sky, images: S3Images) -> None:
    answers: dict[str, Found | NotFound] = {}
    sky.replies = [(200, b"", {"content-length": "7"})]
    clock = iter([False] * 5)

    with pytest.raises(RetryableError, match="would take too long"):
        answers.update(images.head(BUCKET, list("abcdefgh"), lambda: next(clock, True)))

    assert list(answers.values()) == [Found(7)] * 5
    assert len(sky.requests) == 5


def test_a_page(sky: Sky, images: S3Images) -> None:
    sky.replies = [(200, PAGE, {"content-length": str(len(PAGE))})]

    assert images.list_after(BUCKET, "", never) == Page([("k", Found(5))], last=True)


@pytest.mark.parametrize("cut", [(200, PAGE, {"content-length": "9999"}), (200, PAGE[:80], {}), (200, b"", {})])
def test_a_page_that_is_cut_off_is_asked_for_again(sky: Sky, images: S3Images, cut: Reply) -> None:
    sky.replies = [cut, (200, PAGE, {})]

    assert images.list_after(BUCKET, "", never) == Page([("k", Found(5))], last=True)

    sky.replies = [cut]
    with pytest.raises(RetryableError, match=f"Listing bucket {BUCKET} failed on the way"):
        images.list_after(BUCKET, "", never)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (HTTPStatus.FORBIDDEN, "AccessDenied", AccessDeniedError),
        (HTTPStatus.NOT_FOUND, "NoSuchBucket", NoSuchBucketError),
        (HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown", RetryableError),
    ],
)
def test_errors_of_a_listing_are_told_in_s3s_words(
    sky: Sky, images: S3Images, status: int, code: str, error: type[Exception]
) -> None:
    sky.replies = [(status, f"<Error><Code>{code}</Code><Message>So said S3</Message></Error>".encode(), {})]

    with pytest.raises(error) as raised:
        images.list_after(BUCKET, "", never)

    assert type(raised.value) is error
    assert f"Listing bucket {BUCKET}" in str(raised.value)
