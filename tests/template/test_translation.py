import json
import subprocess
import sys
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from tests.template.cloudformation import (
    OTHER_PARTITIONS,
    PSEUDO_PARAMETERS,
    ROOT,
    deploy,
    deployments,
    references,
    source,
    translate,
    translated,
)

FUNCTION = "ValidateManifestFunction"


def creation_order(template: dict[str, Any]) -> list[str]:
    """The resources in an order in which CloudFormation could create them, whatever the conditions."""
    resources = template["Resources"]
    graph = {}
    for name, resource in resources.items():
        explicit = resource.get("DependsOn", [])
        graph[name] = {*references(resource["Properties"]), *([explicit] if isinstance(explicit, str) else explicit)}
        graph[name] &= resources.keys()
    return list(TopologicalSorter(graph).static_order())


def test_resources_depend_on_each_other_in_no_circle() -> None:
    order = creation_order(translated())

    assert order.index("ManifestsBucketPermission") < order.index("ManifestsBucket")


def use_bucket_in_environment(template: dict[str, Any]) -> None:
    properties = template["Resources"][FUNCTION]["Properties"]
    properties["Environment"]["Variables"]["MANIFESTS_BUCKET"] = {"Ref": "ManifestsBucket"}


def use_bucket_in_role(template: dict[str, Any]) -> None:
    (policy,) = template["Resources"]["ValidateManifestRole"]["Properties"]["Policies"]
    policy["PolicyDocument"]["Statement"][0]["Resource"] = {"Fn::Sub": "${ManifestsBucket.Arn}/*"}


@pytest.mark.parametrize("mistake", [use_bucket_in_environment, use_bucket_in_role])
def test_a_reference_to_the_manifest_bucket_would_close_a_circle(mistake: Callable[[dict[str, Any]], None]) -> None:
    template = source()
    mistake(template)

    with pytest.raises(CycleError):
        creation_order(translate(template))


def test_every_reference_names_something_of_the_template() -> None:
    template = translated()
    known = template["Resources"].keys() | template["Parameters"].keys() | PSEUDO_PARAMETERS.keys() | {"AWS::NoValue"}

    assert set(references([template["Resources"], template["Outputs"], template["Conditions"]])) <= known


@pytest.mark.parametrize("parameters", deployments(), ids=lambda parameters: "+".join(parameters) or "none")
def test_every_choice_of_parameters_deploys(parameters: dict[str, str]) -> None:
    stack = deploy(**parameters)  # refuses a reference to what is not created

    assert all(not isinstance(value, dict) for value in stack.environment().values())
    assert json.dumps(stack.resources)


def test_the_choices_take_every_condition_both_ways() -> None:
    every = [*deployments(), *OTHER_PARTITIONS]
    seen = {(name, value) for parameters in every for name, value in deploy(**parameters).conditions.items()}

    assert seen == {(name, value) for name in translated()["Conditions"] for value in (True, False)}


def test_every_parameter_is_used() -> None:
    template = translated()
    used = set(references([template["Resources"], template["Outputs"], template["Conditions"], template["Rules"]]))

    assert template["Parameters"].keys() <= used


def test_cfn_lint_has_nothing_to_say() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--append-rules", "cfn_lint_serverless.rules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (lint.stdout, lint.stderr, lint.returncode) == ("", "", 0)
