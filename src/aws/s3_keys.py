"""Keys of a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aws.faults import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def keys_under(client: S3Client, bucket: str, prefix: str) -> Iterator[str]:
    """Every key that begins with a prefix, in order; listed as they are asked for.

    Raises:
        GateError: The bucket cannot be listed.
    """
    grant = f"s3:ListBucket on arn:aws:s3:::{bucket}"
    pages = iter(client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix))
    while True:
        with translated(f"Listing s3://{bucket}/{prefix}", bucket=bucket, grant=grant):
            page = next(pages, None)
        if page is None:
            return
        yield from (found["Key"] for found in page.get("Contents", []))
