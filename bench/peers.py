"""Others that can judge a line: each its shape only, without repeats, references, counts or the file's hash.

What each checks is told in its first line; all read the same file to its end.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from bench.careful import CLASSIFICATION, CUSTOMARY, SUFFIX
from bench.machine import package, program

ROOT: Final = Path(__file__).parent.parent
AJV: Final = ROOT / ".bench/npm/node_modules/ajv"
_HERE: Final = Path(__file__).parent

_REF: Final = r"^s3://[a-z0-9.-]{3,63}/.*[^/]\.(png|PNG|jpe?g|JPE?G)$"
_DATE: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["source-ref", CUSTOMARY, CUSTOMARY + SUFFIX],
    "properties": {
        "source-ref": {"type": "string", "pattern": _REF, "maxLength": 1_100},
        CUSTOMARY: {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9]+$"}]},
        CUSTOMARY + SUFFIX: {
            "type": "object",
            "required": ["class-name", "human-annotated", "type"],
            "properties": {
                "class-name": {"enum": ["normal", "anomaly"]},
                "human-annotated": {"enum": ["yes", "no"]},
                "type": {"const": CLASSIFICATION},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                "creation-date": {"type": "string", "pattern": _DATE},
                "job-name": {"type": "string"},
            },
        },
    },
}
"""The shape of a line, for the peers that read JSON Schema."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else's way to judge lines.

    Attributes:
        name: What it is, with its version.
        checks: What it checks.
        judge: Judges a file; returns how many lines it refused.
        absent: Why it cannot run here, if it cannot.
        stops: It reads no further than to the first line that is no JSON.
    """

    name: str
    checks: str
    judge: Callable[[Path], int]
    absent: str | None = None
    stops: bool = False


def peers() -> list[Peer]:
    """All peers; those that are not installed say so."""
    schema = "the shape, by JSON Schema"
    return [
        Peer(f"{package('pydantic')}, a model with a before-validator for each line", "the shape", by_pydantic),
        Peer(f"{package('jsonschema')} after json.loads", schema, by_jsonschema, _module("jsonschema")),
        Peer(f"{package('jsonschema-rs')} after json.loads", schema, by_jsonschema_rs, _module("jsonschema_rs")),
        Peer(
            package("frictionless"),
            "types of three fields, one pattern",
            by_frictionless,
            _module("frictionless"),
            stops=True,
        ),
        Peer(program("jq"), "the shape, by a filter", by_jq, _program("jq")),
        Peer(f"ajv on {program('node')}", schema, by_ajv, _program("node") or _folder(AJV)),
    ]


def _module(name: str) -> str | None:
    return None if importlib.util.find_spec(name) else f"{name} is not installed here"


def _program(name: str) -> str | None:
    return None if shutil.which(name) else f"there is no {name} here"


def _folder(path: Path) -> str | None:
    return None if path.exists() else f"{path.relative_to(ROOT)} does not exist"


class _Metadata(BaseModel):
    model_config = ConfigDict(strict=True)

    class_name: Literal["normal", "anomaly"] = Field(alias="class-name")
    human_annotated: Literal["yes", "no"] = Field(alias="human-annotated")
    type: Literal["groundtruth/image-classification"]
    confidence: float = Field(default=0, ge=0, le=1)
    creation_date: datetime | None = Field(default=None, alias="creation-date", strict=False)
    job_name: str = Field(default="", alias="job-name")


class _Line(BaseModel):
    model_config = ConfigDict(strict=True)

    source_ref: Annotated[str, StringConstraints(pattern=_REF, max_length=1_100)] = Field(alias="source-ref")
    label: int | Annotated[str, StringConstraints(pattern="^[+-]?[0-9]+$")]
    metadata: _Metadata

    @model_validator(mode="before")
    @classmethod
    def find_label(cls, line: object) -> object:
        """Puts the label and its metadata under fixed names, whatever the label is called."""
        if not isinstance(line, dict):
            return line
        found = next((key for key in line if f"{key}{SUFFIX}" in line), None)
        return line if found is None else line | {"label": line[found], "metadata": line[found + SUFFIX]}


def by_pydantic(path: Path) -> int:
    """The obvious model."""
    refused = 0
    with path.open("rb") as file:
        for line in file:
            try:
                _Line.model_validate_json(line)
            except ValidationError:
                refused += 1
    return refused


def _values(path: Path) -> Iterator[object]:
    """The value of each line; None for what is no JSON."""
    with path.open("rb") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                yield None


def by_jsonschema(path: Path) -> int:
    """JSON Schema in Python."""
    validator = importlib.import_module("jsonschema").Draft7Validator(SCHEMA)
    return sum(not validator.is_valid(value) for value in _values(path))


def by_jsonschema_rs(path: Path) -> int:
    """JSON Schema in Rust."""
    validator = importlib.import_module("jsonschema_rs").validator_for(SCHEMA)
    return sum(not validator.is_valid(value) for value in _values(path))


def by_frictionless(path: Path) -> int:
    """A table of three fields; what is no JSON ends it."""
    frictionless = importlib.import_module("frictionless")
    fields = [
        {"name": "source-ref", "type": "string", "constraints": {"required": True, "pattern": _REF.strip("^$")}},
        {"name": CUSTOMARY, "type": "integer", "constraints": {"required": True}},
        {"name": CUSTOMARY + SUFFIX, "type": "object", "constraints": {"required": True}},
    ]
    resource = frictionless.Resource(
        path=path.name,
        basepath=str(path.parent),
        format="jsonl",
        schema=frictionless.Schema.from_descriptor({"fields": fields}),
    )
    return int(resource.validate(limit_errors=1_000_000).stats["errors"])


def by_jq(path: Path) -> int:
    """A filter that answers for each line."""
    jq = [shutil.which("jq") or "jq", "--raw-input", "--from-file", str(_HERE / "line.jq"), str(path)]
    return _refused(jq)


def by_ajv(path: Path) -> int:
    """JSON Schema compiled to JavaScript."""
    node = [shutil.which("node") or "node", str(_HERE / "npm/ajv.mjs"), str(AJV), str(path)]
    return _refused(node, json.dumps(SCHEMA))


def _refused(command: list[str], told: str = "") -> int:
    answers = subprocess.run(command, input=told, capture_output=True, text=True, check=True).stdout
    return len(re.findall("^false$", answers, re.MULTILINE))
