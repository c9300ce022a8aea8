"""The composition root: settings and adapters are put together here, once for all invocations of a warm function."""

from __future__ import annotations

import os
from functools import cache

from aws.clients import RequestCounter, events_client, s3_client, sns_client
from aws.event_bus import EventBus
from aws.s3_images import S3Images
from aws.s3_manifests import S3Manifests
from aws.s3_reports import S3Reports
from aws.s3_tags import S3Tags
from aws.sns_topic import SnsTopic
from handlers.follow_ups import FollowUps
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
    owner, bus, topic = settings.bucket_owner, settings.judged_event_bus, settings.topic_arn
    reports = S3Reports(client, owner)
    return Gate(
        settings=settings,
        manifests=S3Manifests(client, owner),
        images=S3Images(client),
        reports=reports,
        follow_ups=FollowUps(
            reports=reports,
            tags=S3Tags(client, owner) if settings.tag_manifests else None,
            # A client takes a while to make, so that only those that are used are made.
            bus=EventBus(events_client(), bus) if bus else None,
            topic=SnsTopic(sns_client(), topic) if topic else None,
        ),
        requests=counter.snapshot,
    )
