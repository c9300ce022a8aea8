"""The template as CloudFormation sees it: translated by SAM, then evaluated for given parameters."""

import copy
import itertools
import operator
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]

ACCOUNT = "111122223333"
TOPICS = f"arn:aws:sns:eu-central-1:{ACCOUNT}"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "manifest-gate",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()
"""What `AWS::NoValue` evaluates to; the property or list item that holds it vanishes."""

Metric = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name, dimensions: what CloudWatch knows a metric by."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Join": lambda separator, parts: separator.join(parts),
    "Split": lambda separator, text: text.split(separator),
    "Equals": operator.eq,
    "Not": operator.not_,
    "Or": lambda *values: any(values),
}
"""Those of CloudFormation's functions that need nothing but their arguments."""

# What makes the template take each of its ways, and what to choose for it.
CHOICES = (
    {"ExistingManifestBucket": "my-manifests"},
    {"ReportsBucketName": "my-reports"},
    {"ReportsPrefix": "verdicts/"},
    {"ImagesBucket": "my-images"},
    {"ImagesBucketArns": "arn:aws:s3:::my-images,arn:aws:s3:::more-images"},
    {"FailureEmail": "quality@example.com"},
    {"FailureTopicArn": f"{TOPICS}:verdicts"},
    {"TagManifests": "true"},
    {"JudgedEventBus": "default"},
    {"OperationsEmail": "operations@example.com"},
    {"OperationsTopicArn": f"{TOPICS}:alarms"},
    {"ReservedConcurrency": "5"},
    {"KmsKeyArn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a1b2c3d"},
    {"Dashboard": "false"},
)
OTHER_PARTITIONS = ({"AWS::Partition": "aws-cn"}, {"AWS::Partition": "aws-us-gov"})


@dataclass(frozen=True)
class Stack:
    """What a deployment with given parameters holds.

    Attributes:
        resources: Those that are created, by logical id, every function evaluated. What AWS would make
            up reads `LogicalId` or `LogicalId.Attribute`; bucket names and the ARNs of buckets and topics are real.
        outputs: The outputs' values.
        conditions: Whether each condition holds.
    """

    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]
    conditions: dict[str, bool]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id."""
        return {name: resource["Properties"] for name, resource in self.resources.items() if resource["Type"] == kind}

    def statements(self) -> dict[str, dict[str, Any]]:
        """The statements of the function's role, by Sid."""
        (policy,) = self.resources["ValidateManifestRole"]["Properties"]["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        by_sid = {statement["Sid"]: statement for statement in statements}
        assert len(by_sid) == len(statements), "two statements share a Sid"
        return by_sid

    def environment(self) -> dict[str, str]:
        """The function's environment."""
        return self.resources["ValidateManifestFunction"]["Properties"]["Environment"]["Variables"]

    def own_alarms(self) -> set[Metric]:
        """Namespace, name and dimensions of each metric of our own that an alarm watches."""
        return {
            (alarm["Namespace"], alarm["MetricName"], frozenset((d["Name"], d["Value"]) for d in alarm["Dimensions"]))
            for alarm in self.of_type("AWS::CloudWatch::Alarm").values()
            if not alarm["Namespace"].startswith("AWS/")
        }


def source() -> dict[str, Any]:
    """The template as it is written, short forms expanded."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    template["Resources"]["ValidateManifestFunction"]["Properties"]["CodeUri"] = "s3://code/code.zip"
    return template


def translate(template: dict[str, Any]) -> dict[str, Any]:
    """What SAM makes of a template, as at a deployment."""
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION=PSEUDO_PARAMETERS["AWS::Region"]):
        return transform(copy.deepcopy(template), {}, SimpleNamespace(load=dict))


@cache
def _translated() -> dict[str, Any]:
    return translate(source())


def translated() -> dict[str, Any]:
    """What SAM makes of our template."""
    return copy.deepcopy(_translated())


def deploy(**parameters: str) -> Stack:
    """Evaluate the translated template as a deployment with these parameters, pseudo parameters among them, would."""
    return _Evaluation(translated(), parameters).stack()


def deployments() -> list[dict[str, str]]:
    """Parameters that the rules allow: none, and every single one and pair of `CHOICES`."""
    pairs = (one | other for one, other in itertools.combinations(CHOICES, 2))
    return [{}, *CHOICES, *(pair for pair in pairs if not broken_rules(**pair))]


def broken_rules(**parameters: str) -> list[str]:
    """What CloudFormation would say of these parameters: the description of each failed assertion."""
    template = translated()
    evaluate = _Evaluation(template, parameters).evaluate
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if evaluate(rule.get("RuleCondition", True))
        for assertion in rule["Assertions"]
        if not evaluate(assertion["Assert"])
    ]


def references(node: Any) -> Iterator[str]:  # noqa: ANN401
    """Every name that `Ref`, `Fn::GetAtt` or `Fn::Sub` refers to, in all branches."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0] if isinstance(value, list) else value.split(".")[0]
            elif key == "Fn::Sub":
                text, variables = value if isinstance(value, list) else (value, {})
                names = {name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)}
                yield from names - variables.keys()
                yield from references(list(variables.values()))
            else:
                yield from references(value)


class _Evaluation:
    """CloudFormation's functions over one template and one set of parameters."""

    def __init__(self, template: dict[str, Any], parameters: dict[str, str]) -> None:
        unknown = parameters.keys() - template["Parameters"].keys() - PSEUDO_PARAMETERS.keys()
        assert not unknown, f"no such parameter: {unknown}"
        self._template = template
        defaults = {name: str(parameter["Default"]) for name, parameter in template["Parameters"].items()}
        self._values = PSEUDO_PARAMETERS | defaults | parameters

    def stack(self) -> Stack:
        resources = {
            name: self.evaluate(resource)
            for name, resource in self._template["Resources"].items()
            if self._created(resource)
        }
        outputs = {
            name: self.evaluate(output["Value"])
            for name, output in self._template["Outputs"].items()
            if self._created(output)
        }
        return Stack(resources, outputs, {name: self._condition(name) for name in self._template["Conditions"]})

    def _created(self, entry: dict[str, Any]) -> bool:
        return "Condition" not in entry or self._condition(entry["Condition"])

    def _condition(self, name: str) -> bool:
        return self.evaluate(self._template["Conditions"][name])

    def evaluate(self, node: Any) -> Any:  # noqa: ANN401
        if isinstance(node, list):
            return [value for value in map(self.evaluate, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function == "Condition" and isinstance(argument, str):
                return self._condition(argument)
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        evaluated = {key: self.evaluate(value) for key, value in node.items()}
        return {key: value for key, value in evaluated.items() if value is not NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:  # noqa: ANN401
        if function == "If":
            condition, yes, no = argument
            return self.evaluate(yes if self._condition(condition) else no)
        if function == "Sub":
            return self._sub(argument)
        values = self.evaluate(argument)
        if function == "GetAtt":
            return self._attribute(*values)
        if function == "FindInMap":
            mapping, key, name = values
            return self._template["Mappings"][mapping][key][name]
        return FUNCTIONS[function](*values)

    def _ref(self, name: str) -> Any:  # noqa: ANN401
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._values:
            return self._values[name]
        resource = self._existing(name)
        if resource["Type"] == "AWS::SNS::Topic":
            return self.evaluate(
                {"Fn::Sub": f"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}"}
            )
        return self.evaluate(resource["Properties"].get("BucketName", name))

    def _attribute(self, name: str, attribute: str) -> str:
        resource = self._existing(name)
        if (resource["Type"], attribute) == ("AWS::S3::Bucket", "Arn"):
            return f"arn:aws:s3:::{self._ref(name)}"
        return f"{name}.{attribute}"

    def _existing(self, name: str) -> dict[str, Any]:
        resource = self._template["Resources"][name]
        assert self._created(resource), f"{name} is referred to and not created with {self._values}"
        return resource

    def _sub(self, argument: str | list[Any]) -> str:
        text, variables = argument if isinstance(argument, list) else (argument, {})

        def value(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            if name in variables:
                return str(self.evaluate(variables[name]))
            return self._attribute(name, attribute) if attribute else self._ref(name)

        return re.sub(r"\$\{([^!}][^}]*)\}", value, text)
