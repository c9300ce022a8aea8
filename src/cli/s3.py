"""S3 as the command line uses it: manifests and images; it connects when it is first asked."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from aws.clients import RequestCounter, s3_client
from aws.s3_images import S3Images
from aws.s3_keys import keys_under
from aws.s3_manifests import S3Manifests
from cli.names import read_location
from cli.sources import Source
from core.errors import PermanentError
from core.manifest import ManifestObject
from core.ports import Found, NotFound, Page

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3:
    """Local files need no account, as long as nothing is asked of it. The core's `ImageStore`.

    Args:
        endpoint_url: Another S3, if not AWS's.
    """

    def __init__(self, endpoint_url: str | None) -> None:
        self.requests = RequestCounter()
        self._endpoint_url = endpoint_url

    @cached_property
    def _client(self) -> S3Client:
        client = s3_client(self._endpoint_url)
        self.requests.watch(client)
        return client

    @cached_property
    def _manifests(self) -> S3Manifests:
        return S3Manifests(self._client)

    @cached_property
    def _images(self) -> S3Images:
        return S3Images(self._client)

    @contextmanager
    def open(self, name: str) -> Iterator[Source]:
        """Opens the manifest at a location.

        Raises:
            GateError: It cannot be read.
        """
        opened = self._manifests.open(ManifestObject(*read_location(name)))
        if opened is None:
            raise PermanentError(f"There is no {name}.")

        def again() -> Generator[bytes]:
            reopened = self._manifests.open(opened.manifest)
            if reopened is None:
                raise PermanentError(f"{name} was replaced while it was judged; judge it again.")
            yield from reopened.chunks

        yield Source(opened, again)

    def exists(self, bucket: str, key: str) -> bool:
        """Whether there is such an object.

        Raises:
            GateError: S3 does not say.
        """
        return self._manifests.current(bucket, key) is not None

    def keys(self, bucket: str, prefix: str) -> Iterable[str]:
        """All keys that begin with a prefix, rising.

        Raises:
            GateError: They cannot be listed.
        """
        return keys_under(self._client, bucket, prefix)

    def region(self, bucket: str) -> str | None:
        """As the core's port says."""
        return self._images.region(bucket)

    def list_after(self, bucket: str, after: str, out_of_time: Callable[[], bool]) -> Page:
        """As the core's port says."""
        return self._images.list_after(bucket, after, out_of_time)

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterable[tuple[str, Found | NotFound]]:
        """As the core's port says."""
        return self._images.head(bucket, keys, out_of_time)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterable[tuple[str, bytes | NotFound]]:
        """As the core's port says."""
        return self._images.read_starts(bucket, keys, size)
