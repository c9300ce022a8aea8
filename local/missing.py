"""Answers for a missing object as S3 does, where the embedded AWS does not.

S3 says 404 only to those who may list the bucket, and 403 to all others; the embedded AWS says 404
to everybody. So this stands between the function and it, and asks it who may list.
"""

import http.client
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class MissingIsDenied(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1, as a context."""

    def __init__(self, endpoint_url: str, role: Any) -> None:  # noqa: ANN401 - a boto3 client
        """Listen.

        Args:
            endpoint_url: The embedded AWS.
            role: An S3 client with the permissions in question.
        """
        upstream = urlsplit(endpoint_url).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                """Pass a call on, and its answer back."""
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                connection = http.client.HTTPConnection(upstream, timeout=60)
                connection.putrequest(
                    self.command, self.path, skip_host=True, skip_accept_encoding=True
                )
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                with connection.getresponse() as answer:
                    status, headers, content = answer.status, answer.headers, answer.read()
                connection.close()
                length = headers["Content-Length"] if self.command == "HEAD" else str(len(content))
                if status == HTTPStatus.NOT_FOUND and not self.may_list():
                    status, content = HTTPStatus.FORBIDDEN, DENIED
                    length = str(len(content))
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815

            def may_list(self) -> bool:
                bucket = urlsplit(self.path).path.split("/")[1]
                try:
                    role.list_objects_v2(Bucket=bucket, MaxKeys=1)
                except ClientError as error:
                    return error.response["Error"]["Code"] != "AccessDenied"
                return True

            def log_message(self, *_: object) -> None:
                """The callers see the answers."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
