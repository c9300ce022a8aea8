"""What stands between a function and the embedded S3, to make it the real one in two respects.

S3 says 404 only to those who may list the bucket, and 403 to all others, where the embedded one says
404 to everybody: so it is asked who may list. And requests are counted, as S3 would bill them.
"""

import http.client
import threading
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from local.emulator import Client

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class S3Front(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1, as a context.

    Args:
        endpoint_url: The embedded AWS.
        role: An S3 client with the caller's permissions.

    Attributes:
        url: Its address.
        requests: How many came in, by method and what they are for, as in "HEAD object".
    """

    def __init__(self, endpoint_url: str, role: Client) -> None:
        self.upstream = urlsplit(endpoint_url).netloc
        self.role = role
        self.requests: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Front

    def pass_on(self) -> None:
        """Passes a call on, and its answer back."""
        bucket, _, key = urlsplit(self.path).path[1:].partition("/")
        self.server.requests[f"{self.command} {'object' if key else 'bucket'}"] += 1
        status, headers, content = self.ask()
        length = headers["Content-Length"] if self.command == "HEAD" else str(len(content))
        if status == HTTPStatus.NOT_FOUND and key and not self.may_list(bucket):
            status, content, length = HTTPStatus.FORBIDDEN, DENIED, str(len(DENIED))
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815

    def ask(self) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Returns the embedded S3's own answer. The signature stays true: the call is not changed."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        with connection.getresponse() as answer:
            content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def may_list(self, bucket: str) -> bool:
        """Tells whether the caller may list a bucket."""
        try:
            self.server.role.list_objects_v2(Bucket=bucket, MaxKeys=1)
        except ClientError as error:
            return error.response["Error"]["Code"] != "AccessDenied"
        return True

    def log_message(self, *_: object) -> None:
        """Says nothing: the callers see the answers."""
