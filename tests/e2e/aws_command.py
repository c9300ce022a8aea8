"""A part of the AWS command line, over boto3: enough for the commands of docs/operations.md."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name

FOR_THE_COMMAND_LINE = {"--output": "json", "--query": "@", "--cli-binary-format": "base64", "--cli-read-timeout": "60"}


def main(arguments: list[str]) -> None:
    service, command, *rest = arguments
    client = boto3.client(service)  # type: ignore[call-overload]
    (operation,) = (name for name in client.meta.service_model.operation_names if xform_name(name, "-") == command)
    members = client.meta.service_model.operation_model(operation).input_shape.members
    names = {f"--{xform_name(name, '-')}": name for name in members}
    options, parameters, files = dict(FOR_THE_COMMAND_LINE), {}, []
    words = iter(rest)
    for word in words:
        if not word.startswith("--"):
            files.append(word)
        elif word in options:
            options[word] = next(words)
        else:
            parameters[names[word]] = value(members[names[word]].type_name, next(words))
    answer = getattr(client, xform_name(operation))(**parameters)
    del answer["ResponseMetadata"]
    if files:
        Path(files[0]).write_bytes(answer.pop("Payload").read())
    found = jmespath.search(options["--query"], answer)
    if found:
        print("\n".join(lines(found)) if options["--output"] == "text" else json.dumps(found, indent=4, default=str))  # noqa: T201


def value(kind: str, word: str) -> Any:  # noqa: ANN401
    """A word as boto3 takes it."""
    if kind in ("integer", "long"):
        return int(word)
    if kind == "blob":
        return Path(word.removeprefix("file://")).read_bytes() if word.startswith("file://") else word.encode()
    assert kind == "string", kind
    return word


def lines(found: Any) -> Iterator[str]:  # noqa: ANN401
    """What `--output text` prints."""
    if isinstance(found, dict):
        found = list(found.values())
    if not isinstance(found, list):
        yield str(found)
    elif found and all(isinstance(each, list) for each in found):
        yield from ("\t".join(map(str, each)) for each in found)
    elif found:
        yield "\t".join(map(str, found))


if __name__ == "__main__":
    main(sys.argv[1:])
