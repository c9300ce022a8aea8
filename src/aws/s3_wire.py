"""Requests to S3 that are cheap to make: prepared and signed by boto3, but not one by one.

boto3 takes several times the CPU for a look at a single object. Most of that is the same for all objects of a bucket,
so it is done once: boto3 prepares one request, which is taken out of its hands right before it would be signed, with
its signer. All others are copies of that one with another key, each signed by the same signer and sent over connections
that stay open. So the endpoint, credentials, proxies and certificates are the ones that boto3 would use.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.exceptions import ClientError

from aws.clients import CONNECTIONS, http_session
from aws.faults import ON_THE_WAY, client_error, is_passing
from aws.pace import Pace

if TYPE_CHECKING:
    from botocore.signers import RequestSigner
    from mypy_boto3_s3 import S3Client

Operation = Literal["HeadObject", "ListObjectsV2"]

ATTEMPTS: Final = 8
"""How often a request is made before S3 is said to be out of reach."""
_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0
"""Seconds, at most, before the second attempt and before the later ones."""
_GLANCE: Final = 0.5
"""Seconds between two glances at the clock while waiting."""
_SLOW_DOWN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_ELSEWHERE: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.BAD_REQUEST})
"""By which S3 may tell that a bucket lies in another region."""
_ANY_KEY: Final = "k"

_Read = TypeVar("_Read")


class S3Wire:
    """Sends requests, from several threads at once, and tries again where that may help.

    Args:
        client: A client for S3. What listens to its `before-send` hears of each attempt, and may answer it.
    """

    def __init__(self, client: S3Client) -> None:
        self._client = client
        self._events: Any = client.meta.events
        self._session = http_session(client)
        self._pace = Pace(CONNECTIONS)
        self._forms: dict[tuple[Operation, str], _Form] = {}
        self._sought: set[str] = set()
        self._seeking = threading.Lock()
        self._events.register("before-sign.s3", _take, unique_id="manifest-gate-take")

    def ask(
        self,
        operation: Operation,
        bucket: str,
        rest: str,
        read: Callable[[AWSResponse], _Read],
        out_of_time: Callable[[], bool],
    ) -> _Read:
        """Makes a request until it is answered; gives what its answer says.

        Args:
            operation: Which.
            bucket: Of which bucket.
            rest: What its URL ends in: the key, or further parameters, percent-encoded.
            read: Reads a good answer. A fault of the way that it raises leads to the next attempt.
            out_of_time: Tells that no further attempt may begin.

        Raises:
            ClientError: S3's last answer, where it is no good one.
            BotoCoreError: There was no answer.
        """
        attempt = 1
        while True:
            try:
                response = self._exchange(operation, bucket, rest)
                if response.status_code == HTTPStatus.OK:
                    return read(response)
                raise client_error(response, operation)
            except (ClientError, *ON_THE_WAY) as error:
                if not is_passing(error) or attempt == ATTEMPTS or out_of_time():
                    raise
            _wait(attempt, out_of_time)
            attempt += 1

    def _exchange(self, operation: Operation, bucket: str, rest: str) -> AWSResponse:
        """Sends a request, once more where the bucket proves to lie in another region."""
        form = self._form(operation, bucket)
        response = self._send(operation, form.signed(rest))
        if response.status_code in _ELSEWHERE and self._lies_elsewhere(bucket, form, response):
            response = self._send(operation, self._form(operation, bucket).signed(rest))
        return response

    def _send(self, operation: Operation, request: AWSPreparedRequest) -> AWSResponse:
        slow_down = False
        number = self._pace.begin()
        try:
            _, response = self._events.emit_until_response(f"before-send.s3.{operation}", request=request)
            if response is None:
                response = self._session.send(request)
            slow_down = response.status_code in _SLOW_DOWN
        finally:
            self._pace.end(number, slow_down=slow_down)
        answer: AWSResponse = response
        return answer

    def _form(self, operation: Operation, bucket: str) -> _Form:
        form = self._forms.get((operation, bucket))
        if form is None:  # several threads may prepare the same one; that does no harm
            form = self._forms[operation, bucket] = _prepared(self._client, operation, bucket)
        return form

    def _lies_elsewhere(self, bucket: str, form: _Form, response: AWSResponse) -> bool:
        """Whether requests to a bucket are to go to another region than a form's, which boto3 finds out."""
        if response.headers.get("x-amz-bucket-region") == form.region:
            return False
        with self._seeking:
            if bucket not in self._sought:
                try:
                    self._client.head_bucket(Bucket=bucket)
                except ClientError as error:  # a denial tells the region, too
                    if is_passing(error):
                        raise
                self._sought.add(bucket)
                self._forms = {place: each for place, each in self._forms.items() if place[1] != bucket}
        return self._form(form.operation, bucket).region != form.region


@dataclass(frozen=True, slots=True)
class _Form:
    """A request without the end of its URL, as boto3 prepares it.

    Attributes:
        operation: Which.
        method: GET or HEAD.
        url: All but its end.
        headers: Those that are the same for all.
        context: What boto3 noted about it, for the signer.
        region: For which it is signed.
        signer: Of boto3; it renews the credentials when their time comes.
    """

    operation: Operation
    method: str
    url: str
    headers: dict[str, str]
    context: dict[str, Any]
    region: str
    signer: RequestSigner

    def signed(self, rest: str) -> AWSPreparedRequest:
        """The request for one key, or with further parameters."""
        request = AWSRequest(self.method, self.url + rest, headers=self.headers)
        request.context = self.context.copy()
        self.signer.sign(self.operation, request)
        return request.prepare()


class _TakenError(Exception):
    """Not an error: how a request leaves boto3 before it is signed."""

    def __init__(self, request: Any, region: str, signer: RequestSigner) -> None:  # noqa: ANN401 - stubs know too little
        super().__init__()
        self.request = request
        self.region = region
        self.signer = signer


class _Taking(threading.local):
    """Whether this thread's next request is to be taken out of boto3's hands."""

    on = False


_taking = _Taking()


def _take(request: AWSRequest, request_signer: RequestSigner, region_name: str, **_: object) -> None:
    if _taking.on:
        region = request.context.get("signing", {}).get("region", region_name)
        raise _TakenError(request, region, request_signer)


def _prepared(client: S3Client, operation: Operation, bucket: str) -> _Form:
    """Lets boto3 prepare a request, and takes it."""
    call, parameters, end = _CALLS[operation]
    _taking.on = True
    try:
        getattr(client, call)(Bucket=bucket, **parameters)
    except _TakenError as taken:
        request = taken.request
        url, headers = request.url.removesuffix(end), dict(request.headers)
        return _Form(operation, request.method, url, headers, request.context, taken.region, taken.signer)
    finally:
        _taking.on = False
    raise RuntimeError("boto3 does not tell of requests before it signs them.")


_CALLS: Final[dict[Operation, tuple[str, dict[str, Any], str]]] = {
    "HeadObject": ("head_object", {"Key": _ANY_KEY}, _ANY_KEY),
    "ListObjectsV2": (
        "list_objects_v2",
        {"EncodingType": "url", "OptionalObjectAttributes": ["RestoreStatus"]},
        "",
    ),
}


def _wait(attempt: int, out_of_time: Callable[[], bool]) -> None:
    """Waits for a while that nobody can foresee, so that threads do not come back all at once."""
    seconds = random.uniform(0, min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT))  # noqa: S311 - no secret
    while seconds > 0 and not out_of_time():
        time.sleep(min(seconds, _GLANCE))
        seconds -= _GLANCE
