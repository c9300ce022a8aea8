import os
import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError, IncompleteReadError, NoCredentialsError
from botocore.exceptions import ConnectionClosedError as ClosedError

from aws.clients import RequestCounter
from aws.s3_wire import ATTEMPTS, S3Wire
from tests.sky import GOOD, Reply, Sky

BUCKET = "images"
NAMES = [
    "a.png",
    "my parts",
    "a+b",
    "100%20",
    "부품",
    "🦊",
    "a//b",
    "/a",
    "a/./b",
    "../z",
    "..",
    "?#&=",
    "a\nb",
    "~*'()",
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited each time, which takes no time here."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def new_client(**more: object) -> Any:  # noqa: ANN401
    keys = {"aws_access_key_id": "mine", "aws_secret_access_key": "mine", "aws_session_token": "mine"}
    return boto3.client("s3", region_name="eu-west-1", **{**keys, **more})


@pytest.fixture
def client() -> Any:  # noqa: ANN401
    return new_client()


@pytest.fixture
def sky(client: Any) -> Sky:  # noqa: ANN401
    return Sky(client)


@pytest.fixture
def wire(client: Any, sky: Sky, waits: list[float]) -> S3Wire:  # noqa: ANN401, ARG001
    return S3Wire(client)


def never() -> bool:
    return False


def read(response: AWSResponse) -> bytes:
    return response.content


def head(wire: S3Wire, key: str = "k", out_of_time: Callable[[], bool] = never) -> bytes:
    return wire.ask("HeadObject", BUCKET, quote(key), read, out_of_time)


def signed_for(request: AWSPreparedRequest) -> str:
    """Region, service and headers that a signature is for."""
    authorization = request.headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else str(authorization)
    scope, headers, _ = text.split(", ")
    return f"{scope.split('/', 2)[2]} {headers}"


@pytest.mark.parametrize("name", NAMES)
def test_a_look_goes_where_boto3_would_send_it(client: Any, sky: Sky, wire: S3Wire, name: str) -> None:  # noqa: ANN401
    sky.replies = [(200, b"", {})]
    head(wire, name)
    client.head_object(Bucket=BUCKET, Key=name)

    ours, theirs = sky.requests
    assert (ours.method, ours.url) == (theirs.method, theirs.url)
    assert signed_for(ours).startswith("eu-west-1/s3/aws4_request SignedHeaders=host;x-amz-content-sha256;x-amz-date;")


def test_a_listing_goes_where_boto3_would_send_it(client: Any, sky: Sky, wire: S3Wire) -> None:  # noqa: ANN401
    wire.ask("ListObjectsV2", BUCKET, f"&start-after={quote('a b', safe='')}", read, never)
    sky.replies = [(200, b"<ListBucketResult/>", {})]
    client.list_objects_v2(Bucket=BUCKET, StartAfter="a b", OptionalObjectAttributes=["RestoreStatus"])

    ours, theirs = sky.requests
    assert urlsplit(ours.url)[:3] == urlsplit(theirs.url)[:3]
    assert parse_qs(urlsplit(ours.url).query) == parse_qs(urlsplit(theirs.url).query)
    assert ours.headers["x-amz-optional-object-attributes"] == "RestoreStatus"
    assert "x-amz-optional-object-attributes" in signed_for(ours)
    assert ours.headers["User-Agent"]


def test_boto3_prepares_one_request_for_all(client: Any, wire: S3Wire) -> None:  # noqa: ANN401
    prepared: list[str] = []
    client.meta.events.register("before-call.s3", lambda model, **_: prepared.append(model.name))

    for number in range(20):
        head(wire, str(number))

    assert prepared == ["HeadObject"]


def test_every_attempt_is_counted(client: Any, sky: Sky, wire: S3Wire) -> None:  # noqa: ANN401
    counter = RequestCounter()
    # Before the sky, which lets nothing through to others.
    client.meta.events.register_first("before-send.s3", counter._count)
    sky.replies = [(503, b"", {}), (500, b"", {}), GOOD]

    head(wire)

    assert counter.snapshot() == {"HeadObject": 3}


TIMEOUT = ConnectTimeoutError(endpoint_url="https://s3.test")
CLOSED = ClosedError(endpoint_url="https://s3.test")
HERE = {"x-amz-bucket-region": "eu-west-1"}
THROTTLING = (400, b"<Error><Code>Throttling</Code><Message>m</Message></Error>", HERE)


@pytest.mark.parametrize(
    "reply", [*((status, b"", {}) for status in (500, 502, 503, 504, 429, 408)), THROTTLING, TIMEOUT, CLOSED]
)
def test_what_passes_is_tried_again(sky: Sky, wire: S3Wire, waits: list[float], reply: Reply) -> None:
    sky.replies = [reply, reply, GOOD]

    assert head(wire) == b"good"
    assert len(sky.requests) == 3
    assert len(waits) == 2


@pytest.mark.parametrize(("reply", "error"), [((503, b"", {}), ClientError), (CLOSED, ClosedError)])
def test_after_so_many_attempts_the_fault_is_raised(
    sky: Sky, wire: S3Wire, reply: Reply, error: type[Exception]
) -> None:
    sky.replies = [reply]

    with pytest.raises(error):
        head(wire)
    assert len(sky.requests) == ATTEMPTS == 8


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 412, 416])
def test_other_answers_are_final(sky: Sky, wire: S3Wire, status: int) -> None:
    sky.replies = [(status, b"", HERE)]

    with pytest.raises(ClientError) as raised:
        head(wire)

    assert raised.value.response["Error"]["Code"] == str(status)
    assert raised.value.operation_name == "HeadObject"
    assert len(sky.requests) == 1


def test_an_answer_that_proves_to_be_cut_off_is_asked_for_again(sky: Sky, wire: S3Wire) -> None:
    def cut(response: AWSResponse) -> bytes:
        if len(sky.requests) < 3:
            raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
        return response.content

    assert wire.ask("HeadObject", BUCKET, "k", cut, never) == b"good"
    assert len(sky.requests) == 3


@pytest.mark.parametrize(("glances", "requests"), [(0, 1), (1, 1), (4, 4)])
def test_no_attempt_begins_when_time_is_up(
    sky: Sky, wire: S3Wire, monkeypatch: pytest.MonkeyPatch, glances: int, requests: int
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _least, _most: 0)
    sky.replies = [(503, b"", {})]
    clock = iter([False] * (glances - 1))

    with pytest.raises(ClientError):
        head(wire, out_of_time=lambda: next(clock, True))
    assert len(sky.requests) == requests


def test_waits_grow_to_a_limit_and_cannot_be_foreseen(
    sky: Sky, wire: S3Wire, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[float, float]] = []
    monkeypatch.setattr(random, "uniform", lambda least, most: ends.append((least, most)) or most)
    sky.replies = [(503, b"", {})]

    with pytest.raises(ClientError):
        head(wire)

    assert ends == [(0, most) for most in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0)]
    assert sum(waits) == pytest.approx(sum(most for _, most in ends))
    assert max(waits) <= 0.5


def test_waiting_ends_when_time_is_up(
    sky: Sky, wire: S3Wire, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _least, _most: 5.0)
    sky.replies = [(503, b"", {})]
    clock = iter([False] * 3)

    with pytest.raises(ClientError):
        head(wire, out_of_time=lambda: next(clock, True))
    assert waits == [0.5, 0.5]


def elsewhere(status: int, **headers: str) -> Reply:
    return status, b"", {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize("status", [301, 307, 400])
@pytest.mark.parametrize("tells", [{"x_amz_bucket_region": "ap-south-1"}, {}], ids=["told", "silent"])
def test_a_bucket_in_another_region_is_found_once(sky: Sky, wire: S3Wire, status: int, tells: dict[str, str]) -> None:
    there = elsewhere(301, x_amz_bucket_region="ap-south-1")
    sky.replies = [elsewhere(status, **tells), there, (200, b"", {"x-amz-bucket-region": "ap-south-1"}), GOOD]

    assert head(wire) == b"good"
    assert head(wire) == b"good"

    # The look, boto3's two at the bucket, and from then on all go there.
    here, far = "images.s3.eu-west-1.amazonaws.com", "images.s3.ap-south-1.amazonaws.com"
    assert sky.hosts == [here, here, far, far, far]
    assert signed_for(sky.requests[-1]).startswith("ap-south-1/s3/")


def test_a_region_that_boto3_learned_before_costs_nothing(client: Any, sky: Sky, wire: S3Wire) -> None:  # noqa: ANN401
    sky.replies = [elsewhere(301, x_amz_bucket_region="ap-south-1"), (200, b"", {})]
    client.head_bucket(Bucket=BUCKET)
    sky.requests.clear()

    head(wire)

    assert sky.hosts == ["images.s3.ap-south-1.amazonaws.com"]


def test_a_region_that_cannot_be_asked_for_now_is_asked_for_again(sky: Sky, wire: S3Wire) -> None:
    there = elsewhere(301, x_amz_bucket_region="ap-south-1")
    sky.replies = [there, *[(503, b"", {})] * 5, there, there, (200, b"", {}), GOOD]

    assert head(wire) == b"good"
    assert sky.hosts[-1] == "images.s3.ap-south-1.amazonaws.com"


def test_a_bad_request_that_is_none_of_the_region_is_looked_into_once(sky: Sky, wire: S3Wire) -> None:
    sky.replies = [(400, b"", {})]

    for _ in range(3):
        with pytest.raises(ClientError):
            head(wire)

    assert [urlsplit(request.url).path for request in sky.requests] == ["/k", "/", "/k", "/k"]


def test_an_endpoint_of_ones_own_is_kept() -> None:
    client = new_client(endpoint_url="http://127.0.0.1:9")
    sky = Sky(client)

    head(S3Wire(client), "a/../b")

    assert [request.url for request in sky.requests] == ["http://127.0.0.1:9/images/a/../b"]


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = boto3.client("s3", region_name="eu-west-1")
    sky = Sky(client)

    with pytest.raises(NoCredentialsError):
        head(S3Wire(client))
    assert sky.requests == []
