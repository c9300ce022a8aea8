"""The fields of a line, as pydantic judges them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, ValidationError
from pydantic_core import core_schema



def _label_value(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    """An integer, or an integer in a text; one error whatever is wrong with it."""
    integer = core_schema.union_schema([core_schema.int_schema(strict=True), core_schema.str_schema(pattern=r"^[+-]?[0-9]+$", strict=True)])  # fmt: skip
    return core_schema.custom_error_schema(integer, custom_error_type="label_value", custom_error_message="not an integer")


def _creation_date(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    """ISO 8601 date and time, zone optional. The pattern stands first because pydantic alone takes epochs and bare dates."""
    text = core_schema.str_schema(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}", strict=True)
    moment = core_schema.chain_schema([text, core_schema.datetime_schema(strict=False)])
    return core_schema.custom_error_schema(moment, custom_error_type="creation_date", custom_error_message="no date and time")


_LabelValue = Annotated[Any, GetPydanticSchema(_label_value)]
_CreationDate = Annotated[Any, GetPydanticSchema(_creation_date)]


class _Metadata(BaseModel):
    """Metadata of an image-classification label; other keys are of no concern."""

    model_config = ConfigDict(strict=True)

    class_name: str = Field(alias="class-name")
    human_annotated: Literal["yes", "no"] = Field(alias="human-annotated")
    type: Literal["groundtruth/image-classification"]
    confidence: float = Field(default=1, ge=0, le=1)
    creation_date: _CreationDate = Field(default=None, alias="creation-date")
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
    "confidence": ("confidence-invalid", "confidence-invalid"),
    "creation-date": ("creation-date-invalid", "creation-date-invalid"),
    "job-name": ("job-name-invalid", "job-name-invalid"),
}
"""The rule of an absent or null field, and of any other fault."""


def faults_of_pair(label: object, metadata: object) -> list[tuple[str, str | None, object]]:
    """Judges a label and its metadata.

    Returns:
        For each fault its rule, the metadata's field (None for the label or the metadata itself) and the value found;
        `...` for an absent one.
    """
    try:
        _Pair.model_validate({"label": label, "metadata": metadata})
    except ValidationError as invalid:
        return [_fault(error["loc"], error["type"], error["input"]) for error in invalid.errors(include_url=False, include_context=False)]  # fmt: skip
    return []


def _fault(place: tuple[int | str, ...], kind: str, found: object) -> tuple[str, str | None, object]:
    if place == ("label",):
        return "label-value-invalid", None, found
    if place == ("metadata",):
        return "metadata-malformed", None, found
    field = str(place[1])
    absent, other = _RULES[field]
    if kind == "missing":
        return absent, field, ...
    return (absent if found is None and field == "type" else other), field, found
