import re
import shlex

import boto3
import pytest
from botocore import xform_name

from cli.main import build_parser
from tests.docs.operations import PREAMBLE, SECTIONS, TEXT, shells
from tests.template.cloudformation import deploy
from tools.generate_docs import ROOT, RUNBOOKS
from tools.rules_page import anchor

OF_THE_COMMAND_LINE = {"--output", "--query", "--cli-binary-format", "--cli-read-timeout"}
COMMANDS = [command.replace("\\\n", " ") for block in shells(TEXT) for command in re.split(r"(?<!\\)\n", block)]
AWS = re.compile(r"(?:^|&& )\s*aws (?P<service>[a-z0-9]+) (?P<operation>[a-z-]+)(?P<options>.*)")
CALLS = [match for command in COMMANDS if (match := AWS.search(command))]
STACK = deploy(ExistingManifestBucket="my-manifests")


def test_every_alarm_has_a_runbook() -> None:
    told = [name for names in RUNBOOKS.values() for name in names]

    assert sorted(told) == sorted(STACK.of_type("AWS::CloudWatch::Alarm"))
    assert RUNBOOKS.keys() <= SECTIONS.keys()
    for name in told:
        assert TEXT.count(f"\n| `{name}` | ") == 1


def test_no_other_document_says_the_same() -> None:
    assert "AlarmDescription" not in TEXT.replace("AlarmName, AlarmDescription", "")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not any(f"| `{name}` |" in readme for names in RUNBOOKS.values() for name in names)


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    links = set(re.findall(r"\]\(#([^)]*)\)", TEXT))

    assert links <= {anchor(heading) for heading in SECTIONS}
    assert len(links) >= len(RUNBOOKS)


def test_the_page_has_commands() -> None:
    assert len(CALLS) >= 10


@pytest.mark.parametrize("call", CALLS, ids=map(str, range(len(CALLS))))
def test_every_command_of_aws_has_these_options(call: re.Match[str]) -> None:
    model = boto3.client(call["service"], region_name="us-east-1").meta.service_model
    (operation,) = (name for name in model.operation_names if xform_name(name, "-") == call["operation"])
    shape = model.operation_model(operation).input_shape

    options = set(re.findall(r"(?<!\S)--[a-z-]+", call["options"]))

    assert options <= OF_THE_COMMAND_LINE | {f"--{xform_name(name, '-')}" for name in shape.members}
    assert {f"--{xform_name(name, '-')}" for name in shape.required_members} <= options


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("manifest-gate ")])
def test_every_command_of_ours_is_understood(command: str) -> None:
    _, *arguments = shlex.split(command)

    assert build_parser().parse_args(arguments).run


@pytest.mark.parametrize("output", sorted(set(re.findall(r"\$\(output (\w+)\)|`(\w+Url)`", TEXT))))
def test_every_output_that_is_named_exists(output: tuple[str, str]) -> None:
    assert output[0] or output[1] in STACK.outputs


@pytest.mark.parametrize("parameter", sorted(set(re.findall(r"`([A-Z]\w+)(?:=\w+)?`", TEXT))))
def test_what_is_named_like_a_parameter_exists(parameter: str) -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")

    errors = (ROOT / "src/core/errors.py").read_text(encoding="utf-8")
    of_lambda = {"FunctionError", "RetriesExhausted", "EventAgeExceeded"}
    assert re.search(rf"\b{parameter}\b", template + errors) or parameter in of_lambda


def test_variables_are_set_before_they_are_used() -> None:
    known = set(re.findall(r"^([A-Z]+)=", PREAMBLE, re.MULTILINE)) | {"KEY"}

    assert set(re.findall(r"\$([A-Z]+)", "".join(shells(TEXT)))) <= known
