import threading
from collections.abc import Iterator

import pytest

from aws.read_ahead import AHEAD, read_ahead
from core.errors import RetryableError

WAIT = 10


class Chunks:
    """Numbered chunks, and how many of them were read, and by which threads.

    Args:
        fault: Which is raised of, if any.
    """

    def __init__(self, fault: int | None = None) -> None:
        self.read = 0
        self.threads: set[str] = set()
        self.changed = threading.Condition()
        self._fault = fault

    def __iter__(self) -> Iterator[bytes]:
        for number in range(100):
            with self.changed:
                self.read += 1
                self.threads.add(threading.current_thread().name)
                self.changed.notify_all()
            if number == self._fault:
                raise RetryableError("S3 hangs up.")
            yield b"%d" % number

    def wait_for(self, read: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.read >= read, WAIT)


@pytest.mark.parametrize("count", [0, 1, AHEAD - 1, AHEAD, AHEAD + 1, 50])
def test_chunks_come_in_order_and_none_is_lost(count: int) -> None:
    chunks = [b"%d" % number for number in range(count)]

    assert list(read_ahead(chunks)) == chunks


def test_an_empty_chunk_does_not_end_the_stream() -> None:
    assert list(read_ahead([b"a", b"", b"b"])) == [b"a", b"", b"b"]


def test_some_chunks_are_read_before_they_are_asked_for_by_another_thread() -> None:
    chunks = Chunks()
    coming = read_ahead(chunks)

    assert next(coming) == b"0"
    assert chunks.wait_for(AHEAD + 1)
    coming.close()

    assert chunks.read == AHEAD + 1
    assert threading.current_thread().name not in chunks.threads
    assert len(chunks.threads) == 1


def test_what_is_raised_while_reading_is_raised_where_the_chunk_is_taken() -> None:
    coming = read_ahead(Chunks(fault=6))
    taken: list[bytes] = []

    with pytest.raises(RetryableError, match="S3 hangs up"):
        taken.extend(iter(lambda: next(coming), None))

    assert next(coming, None) is None


def test_chunks_before_a_fault_are_given_out() -> None:
    coming = read_ahead(Chunks(fault=6))

    assert [next(coming) for _ in range(6)] == [b"%d" % number for number in range(6)]
    with pytest.raises(RetryableError):
        next(coming)


@pytest.mark.parametrize("taken", [1, 5])
def test_closed_early_it_reads_no_more_and_its_thread_ends(taken: int) -> None:
    before = threading.active_count()
    chunks = Chunks()
    coming = read_ahead(chunks)
    for _ in range(taken):
        next(coming)
    assert threading.active_count() == before + 1

    coming.close()

    assert threading.active_count() == before
    assert chunks.read <= taken + AHEAD


@pytest.mark.parametrize("fault", [None, 0, 6])
def test_its_thread_ends_with_the_stream_or_with_a_fault(fault: int | None) -> None:
    before = threading.active_count()

    try:
        assert len(list(read_ahead(Chunks(fault)))) == 100
    except RetryableError:
        assert fault is not None

    assert threading.active_count() == before


def test_closed_before_it_began_it_reads_nothing() -> None:
    chunks = Chunks()

    read_ahead(chunks).close()

    assert chunks.read == 0
