"""Events, as the manifests that they tell of. Keys are decoded here, once.

A small tolerant model of our own reads the fields that are used: ready-made ones leave the key encoded, decode one that
never was, or reject a whole event for a field that does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from core.errors import PermanentError
from core.manifest import ManifestObject
from handlers.settings import Bucket, Settings

_DEPTH = 3
"""Envelopes within envelopes: S3 in SNS in SQS."""
_HELP = 'Send an S3, EventBridge, SQS or SNS event, or {"bucket": …, "key": …, "version_id": …}.'


@dataclass(frozen=True, slots=True)
class Ignored:
    """A part of an event that asks for nothing.

    Attributes:
        reason: Why, for the log.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A manifest to judge.

    Attributes:
        manifest: Which one.
        direct: A person or program asked for it by name; no event stands behind it.
    """

    manifest: ManifestObject
    direct: bool = False


Request = Asked | Ignored | PermanentError
"""What one record asks for. A record that cannot be read is an error of its own, which hides no other."""

_Text = Annotated[str, Field(min_length=1)]


class _Named(BaseModel):
    name: Bucket


class _Object(BaseModel):
    key: _Text
    etag: Annotated[_Text, Field(alias="eTag")]
    version: str | None = Field(default=None, alias="versionId")
    size: int | None = None
    # Reports carry it as metadata, and events are put in order by it as text.
    sequencer: str | None = Field(default=None, pattern=r"^[0-9A-Fa-f]*$")


class _BridgeObject(_Object):
    etag: _Text
    version: str | None = Field(default=None, alias="version-id")


class _S3(BaseModel):
    bucket: _Named
    object: _Object


class _Bridge(BaseModel):
    bucket: _Named
    object: _BridgeObject


class _Direct(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bucket: Bucket
    key: _Text
    version_id: str | None = None


def read_event(event: object, settings: Settings) -> list[Request]:
    """Reads what an event asks for.

    Args:
        event: The decoded event of an invocation.
        settings: Which manifests are of concern.
    """
    return [_concerning(request, settings) for request in _read(event, _DEPTH)]


def _read(event: object, depth: int) -> Iterator[Request]:
    if not isinstance(event, dict) or depth == 0:
        yield PermanentError(f"This is no event that the gate knows. {_HELP}")
    elif event.get("Event") == "s3:TestEvent":
        yield Ignored("S3's test event")
    elif isinstance(records := event.get("Records"), list):
        for record in records:
            yield from _read_record(record, depth)
    elif event.get("source") == "aws.s3" and "detail" in event:
        yield _read_bridge(event)
    elif event.get("Type") == "Notification" and "Message" in event:
        yield from _read_text(event["Message"], depth)
    elif "bucket" in event:
        yield _read_direct(event)
    else:
        yield PermanentError(f"This is no event that the gate knows. {_HELP}")


def _read_record(record: object, depth: int) -> Iterator[Request]:
    match record:
        case {"s3": s3, "eventName": str(name)}:
            yield _read_s3(s3) if name.startswith("ObjectCreated:") else Ignored(f"a record of {name}")
        case {"Sns": {"Message": text}} | {"body": text}:
            yield from _read_text(text, depth)
        case _:
            yield PermanentError(f"This is no record that the gate knows. {_HELP}")


def _read_text(text: object, depth: int) -> Iterator[Request]:
    try:
        event = from_json(str(text))
    except ValueError:
        event = None
    yield from _read(event, depth - 1)


def _read_s3(s3: object) -> Request:
    try:
        told = _S3.model_validate(s3)
    except ValidationError as invalid:
        return _unreadable("an S3 record", invalid)
    # S3 encodes keys in its own notifications as forms do: a space is a plus.
    return _asked(told.bucket.name, unquote_plus(told.object.key), told.object)


def _read_bridge(event: Mapping[str, Any]) -> Request:
    if event.get("detail-type") != "Object Created":
        return Ignored(f"an event of {event.get('detail-type')}")
    try:
        told = _Bridge.model_validate(event["detail"])
    except ValidationError as invalid:
        return _unreadable("an EventBridge event", invalid)
    # EventBridge does not encode keys.
    return _asked(told.bucket.name, told.object.key, told.object)


def _read_direct(event: Mapping[str, Any]) -> Request:
    try:
        call = _Direct.model_validate(event)
    except ValidationError as invalid:
        return _unreadable("a direct call", invalid)
    return Asked(ManifestObject(call.bucket, call.key, call.version_id or None), direct=True)


def _asked(bucket: str, key: str, told: _Object) -> Asked:
    manifest = ManifestObject(
        bucket, key, told.version or None, told.etag.strip('"'), told.size, told.sequencer or None
    )
    return Asked(manifest)


def _unreadable(what: str, invalid: ValidationError) -> PermanentError:
    fault = invalid.errors()[0]
    place = ".".join(map(str, fault["loc"]))
    return PermanentError(f"This is not {what}: {place}: {fault['msg'].removeprefix('Value error, ')}. {_HELP}")


def _concerning(request: Request, settings: Settings) -> Request:
    """Leaves out our own outputs, and what lies outside the prefix and suffix (EventBridge patterns are coarser)."""
    if not isinstance(request, Asked) or request.direct:
        return request
    manifest = request.manifest
    if manifest.bucket == settings.reports_bucket and manifest.key.startswith(settings.reports_prefix):
        return Ignored(f"the gate's own output {manifest.uri}")
    named = manifest.key.startswith(settings.manifests_prefix) and manifest.key.endswith(settings.manifests_suffix)
    if settings.manifests_bucket in (None, manifest.bucket) and not named:
        return Ignored(f"{manifest.uri}, which lies outside the prefix and suffix of manifests")
    return request
