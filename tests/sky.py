"""What answers in S3's place, right where boto3 would send a request."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

Reply = tuple[int, bytes, dict[str, str]] | Exception
GOOD: Final[Reply] = (200, b"good", {})


class Body(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Sky:
    """What answers in S3's place: one reply after the other, and the last for ever."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401
        self.requests: list[AWSPreparedRequest] = []
        self.replies: list[Reply] = [GOOD]
        client.meta.events.register("before-send.s3", self.reply)

    def reply(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        status, body, headers = reply
        return AWSResponse(request.url, status, headers, Body(body))

    @property
    def hosts(self) -> list[str | None]:
        return [urlsplit(request.url).hostname for request in self.requests]
