"""What it costs to ask S3 whether images exist: the gate against stock boto3, at a stand-in in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

from aws.clients import CONNECTIONS, s3_client
from aws.s3_images import S3Images
from bench.document import Bar, bars, measured, table
from bench.effort import Effort
from bench.gate import look_at, look_for
from bench.machine import package
from bench.rounds import Spread, Times, in_turn, speeds
from bench.simulated import PAGE
from core.existence import RANGE_KEYS
from core.ports import Found
from local.emulator import CREDENTIALS, forget_real_accounts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT: Final = Path(__file__).parent.parent
STAND_IN: Final = "local.s3_stand_in"
BUCKET: Final = "images"
GATE: Final = "the gate"
STOCK: Final = "stock boto3"
MOST_MS_A_PAGE: Final = 3.0
MOST_MS_A_LOOK: Final = 0.6
APART: Final = 97
"""Images between two that are looked at singly."""

_MILLI: Final = 1_000


class AbsentError(Exception):
    """What this part needs is not here."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What requests cost the client.

    Attributes:
        pages: Times of a whole listing, by contender.
        page_count: Pages of it.
        looks: Times of single looks, by contender.
        look_count: How many looks.
    """

    pages: Times
    page_count: int
    looks: Times
    look_count: int

    def page_ms(self, contender: str) -> Spread:
        """Milliseconds of CPU that a page costs."""
        return _each(self.pages, contender, self.page_count)

    def look_ms(self, contender: str) -> Spread:
        """Milliseconds of CPU that a single look costs."""
        return _each(self.looks, contender, self.look_count)


def _each(times: Times, contender: str, count: int) -> Spread:
    return Spread.of([seconds / count * _MILLI for seconds in times.cpu[contender]])


def measure(effort: Effort) -> str:
    """Measures, and returns the tables; or why that is not possible here."""
    try:
        costs = compare(effort)
    except AbsentError as absent:
        return measured(f"Not measured: {absent}")
    page, look = costs.page_ms(GATE), costs.look_ms(GATE)
    found = [
        Bar("client CPU a LIST page", f"{MOST_MS_A_PAGE:g} ms", f"{page.median:.2f} ms", page.median <= MOST_MS_A_PAGE),
        Bar("client CPU a HEAD", f"{MOST_MS_A_LOOK:g} ms", f"{look.median:.2f} ms", look.median <= MOST_MS_A_LOOK),
    ]
    rows = [
        _row(
            f"{costs.page_count} pages of {PAGE:,}, the paginator of {STOCK}", costs.pages, STOCK, costs.page_ms(STOCK)
        ),
        _row(f"the same images, {GATE}", costs.pages, GATE, page),
        _row(f"{costs.look_count:,} HEADs, {STOCK} in {CONNECTIONS} threads", costs.looks, STOCK, costs.look_ms(STOCK)),
        _row(f"the same HEADs, {GATE}", costs.looks, GATE, look),
    ]
    header = ["requests", "times as fast (wall time)", "times as cheap (client CPU)", "client CPU a request, ms"]
    about = f"{package('boto3')}, {effort.rounds} rounds; the server answers at once, from a process of its own."
    return measured("\n\n".join([about, bars(found), table(header, rows)]))


def client_seconds(effort: Effort) -> tuple[float, float] | None:
    """What a LIST page and a HEAD cost the gate's processor; None where that cannot be measured here."""
    try:
        costs = compare(effort)
    except AbsentError:
        return None
    return costs.page_ms(GATE).median / _MILLI, costs.look_ms(GATE).median / _MILLI


def _row(what: str, times: Times, contender: str, each: Spread) -> list[str]:
    wall, cpu = (speeds(taken, STOCK)[contender] for taken in (times.seconds, times.cpu))
    return [what, str(wall), str(cpu), str(each)]


def compare(effort: Effort) -> Costs:
    """Lets both list and look.

    Raises:
        AbsentError: There is no stand-in.
    """
    images = effort.pages * PAGE
    keys = [f"images/{number:09}.jpg" for number in range(images)]
    ranges = [keys[start : start + RANGE_KEYS] for start in range(0, images, RANGE_KEYS)]
    wanted = [keys[number * APART % images] for number in range(effort.looks)]
    with _environment(), _server(images) as url:
        stock, store = _stock_client(url), S3Images(s3_client(url))
        pages: Mapping[str, Callable[[], object]] = {
            STOCK: partial(_list, stock, images),
            GATE: partial(_check, ranges, store),
        }
        looks: Mapping[str, Callable[[], object]] = {
            STOCK: partial(_look_at_each, stock, wanted),
            GATE: partial(_heads, store, wanted),
        }
        return Costs(in_turn(pages, effort.rounds), effort.pages, in_turn(looks, effort.rounds), effort.looks)


@contextmanager
def _environment() -> Iterator[None]:
    """Nothing here finds the way to a real account."""
    before = dict(os.environ)
    forget_real_accounts()
    os.environ.update(CREDENTIALS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _server(images: int) -> Iterator[str]:
    """Runs the stand-in, and gives its address."""
    if not (ROOT / f"{STAND_IN.replace('.', '/')}.py").exists():
        raise AbsentError(f"there is no {STAND_IN}.")
    command = [sys.executable, "-m", STAND_IN, str(images)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = server.stdout.readline().strip() if server.stdout else ""
            if not url:
                raise AbsentError(f"{STAND_IN} did not start.")
            yield url
        finally:
            server.terminate()


def _stock_client(url: str) -> S3Client:
    """As most programs make it, but for room for the threads."""
    return boto3.client("s3", endpoint_url=url, config=Config(max_pool_connections=CONNECTIONS))


def _list(client: S3Client, images: int) -> None:
    sizes: dict[str, int] = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        sizes |= {content["Key"]: content["Size"] for content in page.get("Contents", [])}
    _expect(len(sizes), images)


def _check(ranges: Sequence[Sequence[str]], store: S3Images) -> None:
    check = look_for(BUCKET, ranges, store)
    _expect(check.checked - len(check.missing), sum(map(len, ranges)))


def _look_at_each(client: S3Client, keys: Sequence[str]) -> None:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        sizes = list(pool.map(lambda key: client.head_object(Bucket=BUCKET, Key=key)["ContentLength"], keys))
    _expect(sum(size > 0 for size in sizes), len(keys))


def _heads(store: S3Images, keys: Sequence[str]) -> None:
    _expect(sum(isinstance(found, Found) for _, found in look_at(BUCKET, keys, store)), len(keys))


def _expect(found: int, images: int) -> None:
    if found != images:
        raise AbsentError(f"{found:,} of {images:,} images were found.")
