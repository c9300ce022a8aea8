"""The function's settings: its environment, checked at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Role
from core.errors import PermanentError
from core.labels import is_label_name
from core.outcome import NotifyOn
from core.policy import Inspect, Policy
from core.rule_choices import read_rule_choices


def _matching(pattern: str, expected: str) -> AfterValidator:
    """Refuses a text in words, where pydantic would show the pattern."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"it should be {expected}")
        return text

    return AfterValidator(check)


def _label_name(name: str) -> str:
    if not is_label_name(name):
        raise ValueError("it should be the key of a label, without -metadata")
    return name


def _ignored(rules: str) -> str:
    read_rule_choices(rules, "")
    return rules


def _changed(severities: str) -> str:
    read_rule_choices("", severities)
    return severities


Bucket = Annotated[str, _matching("[A-Za-z0-9._-]{3,255}", "the name of a bucket (not its ARN)")]
_Consumer = Annotated[str, _matching("|".join(map(re.escape, CONSUMERS)), f"one of {', '.join(CONSUMERS)}")]
_Topic = Annotated[
    str,
    _matching("arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}", "the ARN of a standard (not FIFO) topic"),
]
_Bus = Annotated[str, _matching("[A-Za-z0-9._/-]{1,256}", "the name of an event bus (not its ARN)")]
_Prefix = Annotated[str, _matching("([^/].{0,255})?", "at most 256 characters that do not begin with a slash")]
_Folder = Annotated[
    str, _matching("([!-.0-~][ -~]{0,254}/)?", "at most 256 ASCII characters that end, but do not begin, with a slash")
]


class Settings(BaseModel):
    """Environment variables, by their names in lower case. An empty one is unset."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper)

    reports_bucket: Bucket
    reports_prefix: _Folder = ""
    manifests_bucket: Bucket | None = None
    manifests_prefix: _Prefix = ""
    manifests_suffix: str = ".manifest"
    images_bucket: Bucket | None = None
    consumer: _Consumer = DEFAULT_CONSUMER.name
    dataset_role: Role | None = None
    label_attribute: Annotated[str, AfterValidator(_label_name)] | None = None
    ignore_rules: Annotated[str, AfterValidator(_ignored)] = ""
    rule_severities: Annotated[str, AfterValidator(_changed)] = ""
    inspect_images: Inspect = Inspect.NONE
    allow_manifest_metadata: bool = False
    topic_arn: _Topic | None = None
    notify_on: NotifyOn = NotifyOn.FAILURES
    tag_manifests: bool = False
    judged_event_bus: _Bus | None = None
    bucket_owner: Annotated[str, _matching("[0-9]{12}", "the 12 digits of an account")] | None = None
    max_findings_per_rule: Annotated[int, Field(ge=1, le=10_000)] = 100
    max_findings: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    aws_lambda_function_memory_size: Annotated[int, Field(ge=128)] = 1_024
    """In MiB; Lambda sets it."""

    @model_validator(mode="after")
    def _keep_outputs_apart(self) -> Self:
        """Reports under the trigger's prefix would be judged as manifests, for ever."""
        mine, theirs = self.reports_prefix, self.manifests_prefix
        if self.reports_bucket == self.manifests_bucket and (mine.startswith(theirs) or theirs.startswith(mine)):
            raise ValueError(
                f"REPORTS_PREFIX {mine!r} and MANIFESTS_PREFIX {theirs!r} overlap in one bucket: "
                "use another bucket for reports, or prefixes of which neither begins with the other"
            )
        return self

    @model_validator(mode="after")
    def _ask_one_thing_of_a_rule(self) -> Self:
        try:
            read_rule_choices(self.ignore_rules, self.rule_severities)
        except ValueError as fault:
            raise ValueError(f"IGNORE_RULES and RULE_SEVERITIES: {fault}; leave it in one of the two") from fault
        return self

    @property
    def keys_in_memory(self) -> int:
        """Bytes of the images' keys that are held in memory; further ones go to the ephemeral storage."""
        return self.aws_lambda_function_memory_size * 1024**2 // 4

    @property
    def policy(self) -> Policy:
        """How manifests are judged."""
        return Policy(
            consumer=CONSUMERS[self.consumer],
            role=self.dataset_role,
            label_attribute=self.label_attribute,
            images_bucket=self.images_bucket,
            inspect=self.inspect_images,
            severities=read_rule_choices(self.ignore_rules, self.rule_severities),
        )


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Reads the settings.

    Args:
        environment: Variables by name.

    Raises:
        PermanentError: A variable is missing or wrong; the message names each, and the fix.
    """
    names = {str(field.alias) for field in Settings.model_fields.values()}
    given = {name: value for name, value in environment.items() if name in names and value != ""}
    try:
        return Settings.model_validate(given)
    except ValidationError as invalid:
        faults = [_fault(error["loc"], error["type"], error["msg"], given) for error in invalid.errors()]
        raise PermanentError(f"The function's settings are wrong: {'; '.join(faults)}.") from invalid


def _fault(place: tuple[int | str, ...], kind: str, message: str, given: Mapping[str, str]) -> str:
    message = message.removeprefix("Value error, ")
    if not place:
        return message
    name = str(place[0])
    return f"{name} is not set" if kind == "missing" else f"{name}={given[name]!r}: {message}"
