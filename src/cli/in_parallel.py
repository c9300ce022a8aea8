"""Several calls at once, and never more than asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> Iterator[Result]:
    """Works on items as results are taken; on Ctrl-C begins no more, and waits for what is under way.

    Args:
        work: What to do with each, in a thread.
        items: Taken one by one, each only when it can be begun.
        at_once: How many are under way at most.
    """
    with ThreadPoolExecutor(at_once) as threads:
        running: set[Future[Result]] = set()
        try:
            for item in items:
                running.add(threads.submit(work, item))
                if len(running) == at_once:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in as_completed(running))
        except KeyboardInterrupt:
            print(f"ending; waiting for {len(running)} that are being judged", file=sys.stderr)
            raise
