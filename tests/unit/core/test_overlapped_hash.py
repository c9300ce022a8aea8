import hashlib
import threading
import time

import pytest

from core import overlapped_hash
from core.overlapped_hash import OverlappedHash


@pytest.mark.parametrize("together", [1, 7, 1_000])
def test_a_hash_is_that_of_all_pieces_in_order(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapped_hash, "_TOGETHER", together)
    pieces, before = [bytes([number]) * number for number in range(30)], threading.active_count()
    digest = OverlappedHash()

    for piece in pieces:
        digest.update(piece)

    assert digest.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()
    assert threading.active_count() == before


@pytest.mark.parametrize("together", [10, 1_000])
def test_what_is_left_at_the_end_is_hashed_beside_if_more_was(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapped_hash, "_TOGETHER", together)
    digest = OverlappedHash()
    digest.update(b"a" * 10)
    digest.update(b"left")

    digest.end()

    assert digest._waiting == ([] if together == 10 else [b"a" * 10, b"left"])
    assert digest.hexdigest() == hashlib.sha256(b"a" * 10 + b"left").hexdigest()


def test_what_fails_in_the_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapped_hash, "_TOGETHER", 1)
    monkeypatch.setattr(OverlappedHash, "_add", lambda *_: 1 / 0)
    digest = OverlappedHash()
    digest.update(b"bytes")

    with pytest.raises(ZeroDivisionError):
        digest.hexdigest()
    digest.close()


def test_only_so_much_waits_to_be_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapped_hash, "_TOGETHER", 1)
    hash_slowly, waited, done = OverlappedHash._add, list[int](), list[int]()

    def add(digest: OverlappedHash, pieces: list[bytes]) -> None:
        time.sleep(0.001)
        hash_slowly(digest, pieces)
        done.append(1)

    monkeypatch.setattr(OverlappedHash, "_add", add)
    digest = OverlappedHash()
    for number in range(20):
        digest.update(b"a")
        waited.append(number + 1 - len(done))

    assert max(waited) <= 4
    assert digest.hexdigest() == hashlib.sha256(b"a" * 20).hexdigest()


def test_little_is_hashed_without_a_thread() -> None:
    before = threading.active_count()
    digest = OverlappedHash()
    digest.update(b"a little")

    assert threading.active_count() == before
    assert digest.hexdigest() == hashlib.sha256(b"a little").hexdigest()


def test_closed_early_it_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapped_hash, "_TOGETHER", 1)
    before = threading.active_count()
    digest = OverlappedHash()
    digest.update(b"begun")
    digest.close()
    digest.close()

    assert threading.active_count() == before
