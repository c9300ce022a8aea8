"""The project's own template, deployed into the embedded AWS."""

import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import WaiterError
from samtranslator.yaml_helper import yaml_parse

from local import ROOT, LocalError
from local.emulator import Emulator, clean_environment, program

FUNCTION = "ValidateManifestFunction"
NAME = "manifest-gate"
CODE_BUCKET, CODE_KEY = "code-of-the-function", "code.zip"


@dataclass(frozen=True)
class Stack:
    """A deployed stack.

    Attributes:
        name: Its name.
        outputs: Its outputs.
        resources: The physical id of each resource by its logical id.
    """

    name: str
    outputs: dict[str, str]
    resources: dict[str, str]


def build(folder: Path, *, interpreter: Path | None = None, architecture: str = "") -> None:
    """Builds the function's artifact, by the recipe that `sam build` runs.

    Args:
        folder: Where to.
        interpreter: The Python of this machine that is going to run it.
        architecture: Or, without one, the architecture on which Lambda's Python is.

    Raises:
        LocalError: The recipe failed.
    """
    recipe = subprocess.run(
        [
            "make",
            "--silent",
            f"build-{FUNCTION}",
            f"ARTIFACTS_DIR={folder}",
            f"INTERPRETER={interpreter}" if interpreter else f"ARCHITECTURE={architecture}",
        ],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if recipe.returncode:
        raise LocalError(f"The function could not be built:\n{recipe.stdout}{recipe.stderr}")


def build_for_emulator(folder: Path) -> None:
    """Builds the artifact for the emulator's own Python, which runs it whatever its Runtime says."""
    build(folder, interpreter=program().parent / "python")


def deploy(
    emulator: Emulator,
    artifact: Path,
    parameters: Mapping[str, str] | None = None,
    name: str = NAME,
) -> Stack:
    """Deploys the template with an artifact as the function's code.

    Raises:
        LocalError: The stack was not created; the message says why.
    """
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET)
    archive = emulator.folder / CODE_KEY
    with zipfile.ZipFile(archive, "w") as code:  # stored: compressing would only take time here
        for path in sorted(artifact.rglob("*")):
            code.write(path, path.relative_to(artifact))
    s3.upload_file(str(archive), CODE_BUCKET, CODE_KEY)
    archive.unlink()

    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    template["Resources"][FUNCTION]["Properties"]["CodeUri"] = f"s3://{CODE_BUCKET}/{CODE_KEY}"
    allow_plain_http(template)
    s3.put_object(Bucket=CODE_BUCKET, Key=f"{name}.yaml", Body=yaml.safe_dump(template))

    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{emulator.endpoint_url}/{CODE_BUCKET}/{name}.yaml",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in events]
        raise LocalError("The stack was not created:\n" + "\n".join(filter(None, reasons))) from error
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return Stack(
        name,
        {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
        {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
    )


def allow_plain_http(template: dict[str, Any]) -> None:
    """Takes away the statements that demand TLS: the embedded AWS speaks plain HTTP."""
    resources = template["Resources"]
    for name, resource in list(resources.items()):
        document = resource.get("Properties", {}).get("PolicyDocument", {})
        statements = document.get("Statement", [])
        kept = [statement for statement in statements if statement["Sid"] != "TlsOnly"]
        if kept:
            document["Statement"] = kept
        elif statements:
            del resources[name]  # a policy has to say something
