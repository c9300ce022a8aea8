"""A stand-in for S3 that lists and looks, for tests of faults and for benchmarks.

It knows LIST (version 2, from a key or a token on) and HEAD of one bucket, answers as S3 does, and misbehaves when told
to.
Run as a program, `python -m local.s3_stand_in COUNT`, it holds so many numbered images in a process of its own, says
its address, and serves until it is ended; a GET of `/` then tells the requests so far, as JSON.
"""

import json
import sys
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self, overload
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET: Final = "images"
PAGE_SIZE: Final = 1_000


class Fault(Enum):
    """What can happen to a request."""

    SLOW_DOWN = auto()
    INTERNAL = auto()
    STALL = auto()
    """No answer comes, until the caller loses patience."""
    CUT = auto()
    """The connection ends amid the answer."""
    REPEAT = auto()
    """The page that was given before is given again."""


class Numbered(Sequence[str]):
    """Keys of so many images, as they come from a camera; none of them is held in memory."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [f"images/{number:09}.jpg" for number in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return f"images/{index:09}.jpg"


def plain(key: str) -> tuple[int, str]:
    """Size and storage class of an image with nothing special about it."""
    return 100_000 + len(key), "STANDARD"


class StandIn(ThreadingHTTPServer):
    """The server, on a free port of 127.0.0.1, as a context.

    Args:
        keys: Of all objects, rising.
        describe: Gives size and storage class of the object at a key.
        disturb: Gives what goes wrong with the next request of an operation; called by one thread at a time.

    Attributes:
        url: Its address.
        requests: How many came in, by operation.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        keys: Sequence[str],
        describe: Callable[[str], tuple[int, str]] = plain,
        disturb: Callable[[str], Fault | None] = lambda _operation: None,
    ) -> None:
        self.keys = keys
        self.describe = describe
        self.disturb = disturb
        self.requests: Counter[str] = Counter()
        self.counting = threading.Lock()
        self.latest_page = b""
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()

    def page_after(self, after: str) -> bytes:
        """The page of the listing that follows a key, as S3 writes it."""
        start = bisect_right(self.keys, after)
        listed = self.keys[start : start + PAGE_SIZE]
        more = start + len(listed) < len(self.keys)
        entries = "".join(_entry(key, *self.describe(key)) for key in listed)
        token = f"<NextContinuationToken>{_token(listed[-1])}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><Prefix></Prefix>'
            f"{token}<StartAfter>{quote_plus(after, safe='/')}</StartAfter><KeyCount>{len(listed)}</KeyCount>"
            f"<MaxKeys>{PAGE_SIZE}</MaxKeys><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{entries}</ListBucketResult>"
        ).encode()

    def holds(self, key: str) -> bool:
        """Whether there is an object at a key."""
        before = bisect_right(self.keys, key) - 1
        return before >= 0 and self.keys[before] == key


def _token(key: str) -> str:
    """What a listing that goes on after a key is asked for by."""
    return key.encode().hex()


def _entry(key: str, size: int, storage_class: str) -> str:
    return (
        f"<Contents><Key>{quote_plus(key, safe='/')}</Key><LastModified>2026-10-12T17:50:30.000Z</LastModified>"
        "<ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
        f"<ChecksumType>FULL_OBJECT</ChecksumType><Size>{size}</Size><StorageClass>{storage_class}</StorageClass>"
        "</Contents>"
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: StandIn

    def do_GET(self) -> None:
        """Lists; without a bucket, tells the requests so far."""
        url = urlsplit(self.path)
        if url.path == "/":
            self.answer(HTTPStatus.OK, json.dumps(self.server.requests).encode())
            return
        fault = self.begin("ListObjectsV2")
        if fault is Fault.SLOW_DOWN or fault is Fault.INTERNAL:
            self.refuse(fault)
        elif url.path.strip("/") != BUCKET:
            self.answer(HTTPStatus.NOT_FOUND, _error("NoSuchBucket"))
        elif fault is not Fault.STALL:
            query = parse_qs(url.query, keep_blank_values=True)
            token = query.get("continuation-token", [""])[0]
            after = query.get("start-after", [""])[0]
            page = self.server.page_after(bytes.fromhex(token).decode() if token else after)
            if fault is Fault.REPEAT and self.server.latest_page:
                page = self.server.latest_page
            self.server.latest_page = page
            self.answer(HTTPStatus.OK, page, cut=fault is Fault.CUT)

    def do_HEAD(self) -> None:
        """Looks at an object."""
        fault = self.begin("HeadObject")
        bucket, _, path = self.path[1:].partition("?")[0].partition("/")
        key = unquote(path)
        if fault is Fault.SLOW_DOWN or fault is Fault.INTERNAL:
            self.refuse(fault)
        elif fault is Fault.CUT:
            self.close_connection = True
        elif fault is not Fault.STALL:
            if bucket != BUCKET or not self.server.holds(key):
                self.answer(HTTPStatus.NOT_FOUND, b"")
                return
            size, storage_class = self.server.describe(key)
            self.send_response_only(HTTPStatus.OK)
            self.send_header("Content-Length", str(size))
            self.send_header("ETag", '"fba9dede5f27731c9771645a39863328"')
            if storage_class != "STANDARD":
                self.send_header("x-amz-storage-class", storage_class)
            self.end_headers()

    def begin(self, operation: str) -> Fault | None:
        """Counts a request, and stalls it where that is its fate."""
        with self.server.counting:
            self.server.requests[operation] += 1
            fault = self.server.disturb(operation)
        if fault is Fault.STALL:
            self.close_connection = True
            self.server.ended.wait(60)
        return fault

    def refuse(self, fault: Fault) -> None:
        """Answers that the same may work later."""
        slow = fault is Fault.SLOW_DOWN
        status = HTTPStatus.SERVICE_UNAVAILABLE if slow else HTTPStatus.INTERNAL_SERVER_ERROR
        self.answer(status, _error("SlowDown" if slow else "InternalError"))

    def answer(self, status: HTTPStatus, body: bytes, *, cut: bool = False) -> None:
        """Answers, or breaks off in the middle."""
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cut:
            self.close_connection = True
            body = body[: len(body) // 2]
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle(self) -> None:
        """Serves a connection; a caller that leaves is no fault."""
        with suppress(OSError):
            super().handle()

    def finish(self) -> None:
        """Ends a connection."""
        with suppress(OSError):
            super().finish()

    def log_message(self, *_: object) -> None:
        """Says nothing: the callers see the answers."""


def _error(code: str) -> bytes:
    return f"<Error><Code>{escape(code)}</Code><Message>{code} for a test</Message></Error>".encode()


def main() -> None:
    """Serves numbered images until the process is ended."""
    with StandIn(Numbered(int(sys.argv[1]))) as server:
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
