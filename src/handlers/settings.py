"""The function's settings: its environment, checked at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Role
from core.errors import PermanentError
from core.outcome import NotifyOn
from core.policy import Policy


def _known_consumer(name: str) -> str:
    if name not in CONSUMERS:
        raise ValueError(f"choose one of {', '.join(CONSUMERS)}")
    return name


_Bucket = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{3,255}$")]
_Prefix = Annotated[str, Field(max_length=256, pattern=r"^([^/].*)?$")]


class Settings(BaseModel):
    """Environment variables, by their names in lower case. An empty one is unset."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper)

    reports_bucket: _Bucket
    reports_prefix: Annotated[_Prefix, Field(pattern=r"^$|/$")] = ""
    manifests_bucket: _Bucket | None = None
    manifests_prefix: _Prefix = ""
    manifests_suffix: str = ".manifest"
    images_bucket: _Bucket | None = None
    consumer: Annotated[str, AfterValidator(_known_consumer)] = DEFAULT_CONSUMER.name
    dataset_role: Role | None = None
    label_attribute: str | None = None
    allow_manifest_metadata: bool = False
    topic_arn: Annotated[str, Field(pattern=r"^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$")] | None = None
    notify_on: NotifyOn = NotifyOn.FAILURES
    bucket_owner: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    max_findings_per_rule: Annotated[int, Field(ge=1, le=10_000)] = 100
    max_findings: Annotated[int, Field(ge=1, le=100_000)] = 1_000

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

    @property
    def policy(self) -> Policy:
        """How manifests are judged."""
        return Policy(
            consumer=CONSUMERS[self.consumer],
            role=self.dataset_role,
            label_attribute=self.label_attribute,
            images_bucket=self.images_bucket,
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
        faults = [_fault(error["loc"], error["type"], error["msg"], given) for error in invalid.errors(include_url=False)]
        raise PermanentError(f"The function's settings are wrong: {'; '.join(faults)}.") from invalid


def _fault(place: tuple[int | str, ...], kind: str, message: str, given: Mapping[str, str]) -> str:
    if not place:
        return message.removeprefix("Value error, ")
    name = str(place[0])
    if kind == "missing":
        return f"{name} is not set"
    return f"{name}={given[name]!r}: {message.removeprefix('Value error, ')}"
