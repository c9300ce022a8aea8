"""The fields of a label and its metadata, as pydantic judges them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from pydantic_core import SchemaValidator, core_schema

from core.consumers import CLASSIFICATION


def _label_value() -> core_schema.CoreSchema:
    """An integer, or an integer in a text."""
    integer = core_schema.int_schema(strict=True)
    text = core_schema.str_schema(pattern=r"^[+-]?[0-9]+$", strict=True)
    return core_schema.union_schema([integer, text])


def _creation_date() -> core_schema.CoreSchema:
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


CREATION_DATE: Final = _creation_date()
HUMAN_ANNOTATED: Final = core_schema.literal_schema(["yes", "no"])
CONFIDENCE: Final = core_schema.float_schema(strict=True, ge=0, le=1)


class _Field(NamedTuple):
    """A field of an image-classification label's metadata; other keys are of no concern.

    Attributes:
        name: Its key.
        is_sound: Judges its value. Pydantic is only asked whether a value is sound: to make its errors is dear.
        absent: The rule that is broken where the key is missing; None where it may be. Not every consumer requires
            confidence and creation-date: the policy drops what is said of their absence.
        unsound: The rule that is broken by any other value.
        null: The rule that is broken by null.
    """

    name: str
    is_sound: Callable[[object], bool]
    absent: str | None
    unsound: str
    null: str


def _field(name: str, schema: core_schema.CoreSchema, absent: str | None, unsound: str, null: str = "") -> _Field:
    return _Field(name, SchemaValidator(schema).isinstance_python, absent, unsound, null or unsound)


_TEXT: Final = core_schema.str_schema(strict=True)
_TYPE: Final = core_schema.literal_schema([CLASSIFICATION])
_LABEL: Final = SchemaValidator(_label_value())
_METADATA: Final = (
    _field("class-name", _TEXT, "class-name-missing", "class-name-missing"),
    _field("human-annotated", HUMAN_ANNOTATED, "human-annotated-missing", "human-annotated-invalid"),
    _field("type", _TYPE, "type-missing", "type-unsupported", null="type-missing"),
    _field("confidence", CONFIDENCE, "confidence-missing", "confidence-invalid"),
    _field("creation-date", CREATION_DATE, "creation-date-missing", "creation-date-invalid"),
    _field("job-name", _TEXT, None, "job-name-invalid"),
)


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
    faults = [] if _LABEL.isinstance_python(label) else [PairFault("label-value-invalid", None, label)]
    if not isinstance(metadata, dict):
        return [*faults, PairFault("metadata-malformed", None, metadata)]
    for name, is_sound, absent, unsound, null in _METADATA:
        found = metadata.get(name, ...)
        if not is_sound(found):
            rule = absent if found is ... else null if found is None else unsound
            faults += [PairFault(rule, name, found)] if rule else []
    return faults
