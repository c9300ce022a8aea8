"""A terminal for programs: what they write, and what a person would then see."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

_SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+")
_SECONDS = 10


class Terminal:
    """Runs a program with standard output and error on a terminal, and standard input in a pipe.

    Attributes:
        written: All that it wrote.
    """

    def __init__(self, arguments: Sequence[object], env: Mapping[str, str], columns: int = 100) -> None:
        self.written = ""
        self._bytes = b""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            list(map(str, arguments)), env=env, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        os.close(self._ours)

    def send(self, content: bytes) -> None:
        """Writes to the program's standard input."""
        assert self.process.stdin
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def read_until(self, seen: Callable[[str], object]) -> None:
        """Reads until something is seen in all that was written."""
        until = time.monotonic() + _SECONDS
        while not seen(self.written):
            assert time.monotonic() < until, self.written[-200:]
            if not self._read():
                assert seen(self.written), self.written[-200:]
                return

    def end(self) -> int:
        """Reads to the end; gives the exit status."""
        assert self.process.stdin
        self.process.stdin.close()
        while self._read():
            pass
        return self.process.wait()

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], _SECONDS)[0]:
            return False
        try:
            some = os.read(self._ours, 65_536)
        except OSError:  # how Linux says that nobody writes any more
            return False
        self._bytes += some
        self.written = self._bytes.decode(errors="replace")
        return bool(some)


def screen(written: str) -> list[str]:
    """The lines that stand on an endless screen in the end, without colours."""
    lines, row, column = [""], 0, 0
    for match in _SEQUENCE.finditer(written):
        text, what = match[0], match[2]
        if text == "\r":
            column = 0
        elif text == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif what == "A":
            row = max(0, row - int(match[1] or 1))
        elif what == "K":
            assert match[1] == "2", match[0]
            lines[row] = ""
        elif what:
            assert what in "mhl", match[0]
        else:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
    return [line.rstrip() for line in lines]
