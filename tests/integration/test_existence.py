"""The search for images against a server that speaks HTTP, with all that can go wrong on the way."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

from aws import s3_wire
from aws.s3_images import S3Images
from core import existence
from core.existence import Cause, ImageCheck, check_images, ranges_of
from core.ports import Found
from local.s3_stand_in import BUCKET, Fault, Numbered, StandIn

LARGEST = 8 * 1024**2
FOLDERS = [
    "a",
    "a b",
    "a+b",
    "100%20",
    "dots/../x/./",
    "/",
    "//",
    "Ω",
    "부품/사진",
    "é",
    "e\u0301",
    "🦊",
    "?#&<>\"'",
    "\n\t",
]
THERE = sorted(f"{folder}/{number:04}.png" for folder in FOLDERS for number in range(1_500))
GONE = sorted(f"{folder}/{number:04}.PNG" for folder in FOLDERS for number in range(0, 1_500, 100))
WANTED = sorted(THERE + GONE)
ODD = {"0007.png": (0, "STANDARD"), "0011.png": (LARGEST + 1, "STANDARD"), "0013.png": (5, "DEEP_ARCHIVE")}


def describe(key: str) -> tuple[int, str]:
    return ODD.get(key[-8:], (5, "STANDARD"))


def truth(wanted: Sequence[str]) -> ImageCheck:
    """What looking at each key singly would tell, were there no faults."""
    there = set(THERE)
    odd = {key: describe(key) for key in wanted if key in there and key[-8:] in ODD}
    return ImageCheck(
        checked=len(wanted),
        missing=[key for key in wanted if key not in there],
        found={key: Found(size, archived=storage != "STANDARD") for key, (size, storage) in odd.items()},
    )


@contextmanager
def search(
    disturb: Callable[[str], Fault | None] = lambda _operation: None, keys: Sequence[str] = THERE
) -> Iterator[tuple[StandIn, Callable[..., ImageCheck]]]:
    """A stand-in, and the search for images there."""
    with StandIn(keys, describe, disturb) as server:
        patience = Config(connect_timeout=5, read_timeout=0.3, proxies={})
        own = {"aws_access_key_id": "mine", "aws_secret_access_key": "mine"}
        client = boto3.client("s3", endpoint_url=server.url, config=patience, **own)
        images = S3Images(client)

        def check(
            wanted: Sequence[str], out_of_time: Callable[[], bool] = lambda: False, bucket: str = BUCKET
        ) -> ImageCheck:
            return check_images(bucket, ranges_of(wanted), images, largest=LARGEST, out_of_time=out_of_time)

        yield server, check


@pytest.fixture(params=[2_000, 50_000], ids=["ranges", "one range"])
def _ranges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existence, "RANGE_KEYS", request.param)


@pytest.mark.usefixtures("_ranges")
def test_a_sound_server_is_understood_exactly() -> None:
    with search() as (server, check):
        assert check(WANTED) == truth(WANTED)
        assert server.requests["HeadObject"] == 0

        assert check(WANTED[::700]) == truth(WANTED[::700])
        assert server.requests["HeadObject"] > 0


def faults(seed: int, **shares: float) -> Callable[[str], Fault | None]:
    chance = random.Random(seed)  # noqa: S311 - no secret
    [*kinds, none] = [*(Fault[name] for name in shares), None]
    weights = [*shares.values(), 1 - sum(shares.values())]
    return lambda _operation: chance.choices([*kinds, none], weights)[0]


TROUBLE = {
    "slow down": {"SLOW_DOWN": 0.2},
    "internal": {"INTERNAL": 0.2},
    "cut": {"CUT": 0.2},
    "repeated": {"REPEAT": 0.3},
    "stalls": {"STALL": 0.05},
    "all": {"SLOW_DOWN": 0.2, "INTERNAL": 0.05, "CUT": 0.1, "REPEAT": 0.05, "STALL": 0.01},
}


@pytest.mark.usefixtures("_ranges")
@pytest.mark.parametrize("shares", TROUBLE.values(), ids=TROUBLE)
def test_a_server_in_trouble_is_understood_exactly(monkeypatch: pytest.MonkeyPatch, shares: dict[str, float]) -> None:
    # So often that chance cannot make all attempts of one request fail.
    monkeypatch.setattr(s3_wire, "ATTEMPTS", 40)
    with search(faults(1, **shares)) as (_, check):
        assert check(WANTED) == truth(WANTED)
        assert check(WANTED[::150]) == truth(WANTED[::150])


@pytest.mark.usefixtures("_ranges")
@pytest.mark.parametrize("seed", range(3))
def test_what_a_server_in_great_trouble_leaves_open_is_named(seed: int) -> None:
    with search(faults(seed, SLOW_DOWN=0.3, INTERNAL=0.2, CUT=0.2, REPEAT=0.1)) as (_, check):
        found = check(WANTED)

    unchecked = found.unchecked.pop(Cause.THROTTLED, [])
    assert found.unchecked == {}
    assert found == truth(sorted(set(WANTED) - set(unchecked)))
    assert len(set(unchecked)) == len(unchecked) == len(WANTED) - found.checked


@pytest.mark.usefixtures("_ranges")
@pytest.mark.parametrize("sound", [0, 1, 5, 12])
def test_an_outage_leaves_the_rest_open_and_is_not_hammered(sound: int) -> None:
    answers = iter([None] * sound)
    with search(lambda _operation: next(answers, Fault.SLOW_DOWN)) as (server, check):
        found = check(WANTED)
        requests = server.requests.total()

    unchecked = found.unchecked.pop(Cause.THROTTLED)
    assert found == truth(sorted(set(WANTED) - set(unchecked)))
    assert requests <= sound + existence.RANGES_AT_ONCE * s3_wire.ATTEMPTS


def test_time_that_runs_out_ends_the_attempts() -> None:
    late = iter([False] * 30)
    with search(lambda _operation: Fault.SLOW_DOWN) as (server, check):
        found = check(WANTED, out_of_time=lambda: next(late, True))

    assert sum(map(len, found.unchecked.values())) == len(WANTED)
    assert server.requests.total() <= 60


@pytest.mark.usefixtures("_ranges")
def test_a_bucket_that_is_not_there() -> None:
    with search() as (server, check):
        assert check(WANTED, bucket="none") == ImageCheck(no_bucket=True)
        assert server.requests.total() <= existence.RANGES_AT_ONCE


def test_a_dense_prefix_costs_a_page_for_each_thousand() -> None:
    keys = Numbered(50_000)
    with search(keys=keys) as (server, check):
        assert check(keys[:]).checked == 50_000
        assert server.requests == {"ListObjectsV2": 50}
