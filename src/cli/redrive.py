"""`manifest-gate redrive`: the events that were not judged, sent to the function again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from aws.clients import lambda_client, sqs_client
from aws.failure_queue import Failure, FailureQueue
from aws.function import DeployedFunction
from cli.answers import answer_line
from cli.in_parallel import in_parallel
from cli.output import complain
from cli.stack import DeployedGate
from core.errors import GateError

_SOME_LEFT: Final = 2

Waiting = tuple[FailureQueue, Failure]
Answer = list[dict[str, Any]] | GateError


def run(options: argparse.Namespace) -> int:
    """Works the queues off; an event leaves its queue only once it is judged.

    Returns:
        0 if nothing is left, 2 otherwise.

    Raises:
        GateError: The stack or a queue cannot be asked.
    """
    gate = DeployedGate.of(options.stack)
    client = sqs_client()
    queues = [FailureQueue(client, url) for url in gate.queues]
    judged, left = 0, list[Waiting]()
    try:
        for waiting, answer in in_parallel(_again(gate.function), _all(queues), options.concurrency):
            if isinstance(answer, GateError):
                complain(f"message {waiting[1].id} stays: {answer}")
                left.append(waiting)
                continue
            judged += 1
            for manifest in answer:
                print(answer_line(manifest), flush=True)
    finally:
        for queue, failure in left:
            with suppress(GateError):  # it comes back by itself, a little later
                queue.put_back(failure)
    print(f"{judged:,} events judged, {len(left):,} left in the queue", file=sys.stderr)
    return _SOME_LEFT if left else 0


def _all(queues: list[FailureQueue]) -> Iterator[Waiting]:
    for queue in queues:
        for failure in queue:
            yield queue, failure


def _again(function: str) -> Callable[[Waiting], tuple[Waiting, Answer]]:
    deployed = DeployedFunction(lambda_client(), function)

    def judge(waiting: Waiting) -> tuple[Waiting, Answer]:
        queue, failure = waiting
        try:
            answer = deployed.call(failure.event)
            queue.remove(failure)
        except GateError as error:
            return waiting, error
        return waiting, answer

    return judge
