"""The composition root: settings and adapters are put together here, once for all invocations of a warm function."""

from __future__ import annotations

import os
from functools import cache

from aws.clients import RequestCounter, s3_client, sns_client
from aws.s3_images import S3Images
from aws.s3_manifests import S3Manifests
from aws.s3_reports import S3Reports
from aws.sns_topic import SnsTopic
from handlers.gate import Gate
from handlers.settings import read_settings


@cache
def gate() -> Gate:
    """The gate by the function's environment.

    Raises:
        PermanentError: The settings or credentials are not usable.
    """
    settings = read_settings(os.environ)
    client, counter = s3_client(), RequestCounter()
    counter.watch(client)
    return Gate(
        settings=settings,
        manifests=S3Manifests(client, settings.bucket_owner),
        images=S3Images(client),
        reports=S3Reports(client, settings.bucket_owner),
        topic=SnsTopic(sns_client(), settings.topic_arn) if settings.topic_arn else None,
        requests=counter.snapshot,
    )
