"""The fields of a line, as pydantic judges them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetPydanticSchema, ValidationError
from pydantic_core import core_schema


def _label_value(_source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    """An integer, or an integer in a text; one error whatever is wrong with it."""
    integer = core_schema.int_schema(strict=True)
    text = core_schema.str_schema(pattern=r"^[+-]?[0-9]+$", strict=True)
    return core_schema.custom_error_schema(
        core_schema.union_schema([integer, text]), custom_error_type="value", custom_error_message="no integer"
    )


def _creation_date(_source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    """ISO 8601 date and time, zone optional; one error whatever is wrong with it.

    The patterns stand first because pydantic alone takes seconds since 1970 and dates without time, too, and Python any
    character for the T. Python is asked for the forms that pydantic does not know: basic (20200415T201723Z), and zones
    of hours alone (+09).
    """
    extended = core_schema.str_schema(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}", strict=True)
    any_form = core_schema.str_schema(
        pattern=r"^[0-9]{4}(-[0-9]{2}-|[0-9]{2})[0-9]{2}[Tt ][0-9]{2}:?[0-9]{2}", strict=True
    )
    forms: list[core_schema.CoreSchema | tuple[core_schema.CoreSchema, str]] = [
        core_schema.chain_schema([extended, core_schema.datetime_schema(strict=False)]),
        core_schema.chain_schema([any_form, core_schema.no_info_plain_validator_function(datetime.fromisoformat)]),
    ]
    return core_schema.custom_error_schema(
        core_schema.union_schema(forms, mode="left_to_right"),
        custom_error_type="date",
        custom_error_message="no date and time",
    )


_LabelValue = Annotated[object, GetPydanticSchema(_label_value)]
CreationDate = Annotated[object, GetPydanticSchema(_creation_date)]


class _Metadata(BaseModel):
    """Metadata of an image-classification label; other keys are of no concern.

    Not every consumer requires confidence and creation-date: the policy drops what is said of their absence.
    """

    model_config = ConfigDict(strict=True)

    class_name: str = Field(alias="class-name")
    human_annotated: Literal["yes", "no"] = Field(alias="human-annotated")
    type: Literal["groundtruth/image-classification"]
    confidence: float = Field(ge=0, le=1)
    creation_date: CreationDate = Field(alias="creation-date")
    job_name: str = Field(default="", alias="job-name")


class _Pair(BaseModel):
    """A label and its metadata, under fixed names whatever the label is called."""

    model_config = ConfigDict(strict=True)

    label: _LabelValue
    metadata: _Metadata


_RULES: Final = {
    "class-name": ("class-name-missing", "class-name-missing"),
    "human-annotated": ("human-annotated-missing", "human-annotated-invalid"),
    "type": ("type-missing", "type-unsupported"),
    "confidence": ("confidence-missing", "confidence-invalid"),
    "creation-date": ("creation-date-missing", "creation-date-invalid"),
    "job-name": ("job-name-invalid", "job-name-invalid"),
}
"""The rule of an absent or null field, and of any other fault."""


class PairFault(NamedTuple):
    """What is wrong with a label or its metadata.

    Attributes:
        rule: The rule that is broken.
        field: The metadata's field; None for the label, or for the metadata as a whole.
        found: The value there; `...` where there is none.
    """

    rule: str
    field: str | None
    found: object


def faults_of_pair(label: object, metadata: object) -> list[PairFault]:
    """Judges a label and its metadata; returns all their faults."""
    try:
        _Pair.model_validate({"label": label, "metadata": metadata})
    except ValidationError as invalid:
        return [
            _fault(error["loc"], error["type"], error["input"])
            for error in invalid.errors(include_url=False, include_context=False)
        ]
    return []


def _fault(place: tuple[int | str, ...], kind: str, found: object) -> PairFault:
    if place == ("label",):
        return PairFault("label-value-invalid", None, found)
    if place == ("metadata",):
        return PairFault("metadata-malformed", None, found)
    field = str(place[1])
    absent, other = _RULES[field]
    if kind == "missing":
        return PairFault(absent, field, ...)
    return PairFault(absent if found is None and field == "type" else other, field, found)
