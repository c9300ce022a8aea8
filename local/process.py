"""Programs started in the background, and ended with everything that they started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from local import LocalError

TAIL_LINES = 20


class Process:
    """A program in a process group of its own, as a context: on leaving, the group is ended.

    Being its own group also keeps a Ctrl-C in the terminal for us alone, who then end it in order.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        folder: Path | None = None,
    ) -> None:
        self._command = [str(part) for part in command]
        self._environment = dict(environment)
        self._folder = folder
        self.log = log

    def __enter__(self) -> Self:
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._signal_group(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=5)
        self._signal_group(signal.SIGKILL)
        self._popen.wait()

    @property
    def pid(self) -> int:
        """The process id, which is the group's too."""
        return self._popen.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30) -> None:
        """Waits until the program answers.

        Raises:
            LocalError: It ended, or has not answered in time. The message ends with its log.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            name = Path(self._command[0]).name
            if (status := self._popen.poll()) is not None:
                raise LocalError(f"{name} ended at once, with status {status}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise LocalError(f"{name} is not ready after {seconds:g} s:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self) -> str:
        """Returns the last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def leave_in_order_when_told_to() -> None:
    """Lets SIGTERM and a closed terminal unwind the stack, so that what was started is ended."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
