"""`make demo`: the gate, deployed into an AWS on this machine, judges three manifests."""

import shutil
import sys

from rich.text import Text

from local import ROOT, LocalError
from local.emulator import Emulator, forget_real_accounts
from local.gate import Gate, Message, Report
from local.manifests import Sample, samples
from local.process import leave_in_order_when_told_to
from local.screen import console, heading, show, show_report, step
from local.stack import Stack, build_for_emulator, deploy

FOLDER = ROOT / ".local" / "demo"


def main() -> int:
    """Runs the demo.

    Returns:
        The exit status: 0 if every verdict was the right one.
    """
    leave_in_order_when_told_to()
    forget_real_accounts()
    console.print("Manifest Gate on an AWS inside this machine: no account, nothing leaves it.\n")
    try:
        with Emulator() as emulator:
            return judge_samples(emulator)
    except LocalError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130


def judge_samples(emulator: Emulator) -> int:
    """Deploys, drops the three manifests and shows what came of them."""
    stack = start(emulator, {"FailureEmail": "you@example.com"})
    gate = Gate(emulator, stack)
    three = samples(gate.manifests)
    images = {key: body for sample in three for key, body in sample.images.items()}
    with step(f"Putting {len(images):,} images", len(images)) as put:
        gate.put_images(gate.manifests, images, put)
    with step("Dropping three manifests", len(three)) as dropped:
        versions = []
        for sample in three:
            versions.append(gate.drop(sample.key, sample.body))
            dropped()
    with step("Waiting for three reports", len(three)) as arrived:
        reports = []
        for sample, version in zip(three, versions, strict=True):
            reports.append(gate.wait_for_report(sample.key, version))
            arrived()
        messages = gate.messages(seconds=5)

    for sample, report in zip(three, reports, strict=True):
        heading(sample.title)
        show(f"s3://{gate.manifests}/{sample.key}")
        show_report(report)
    heading("Published to the topic, and so sent to you@example.com")
    for message in messages:
        show(f"{message['Subject']}\n\n{gate.mail(message)}")
    show_alarms(emulator, stack)

    shutil.rmtree(FOLDER, ignore_errors=True)
    heading("What lies in the reports bucket, copied to this machine")
    for sample, version in zip(three, versions, strict=True):
        for file in gate.download(sample.key, version, FOLDER / sample.name):
            show(str(file.relative_to(ROOT)))
    heading("Next: `make local` keeps such a gate running for manifests of your own.")
    return compare(three, reports, messages)


def start(emulator: Emulator, parameters: dict[str, str]) -> Stack:
    """Builds and deploys, showing the steps."""
    with step("Building the function"):
        artifact = emulator.folder / "artifact"
        build_for_emulator(artifact)
    with step("Deploying template.yaml"):
        return deploy(emulator, artifact, parameters)


def show_alarms(emulator: Emulator, stack: Stack) -> None:
    """Shows the deployed alarms, each with the beginning of what it says to do."""
    names = {physical: logical for logical, physical in stack.resources.items()}
    alarms = emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    heading(f"{len(alarms)} alarms are deployed, each with what to do as its description")
    for alarm in alarms:
        beginning = alarm["AlarmDescription"].partition(". ")[0]
        show(Text.assemble((names[alarm["AlarmName"]], "bold"), f": {beginning}."))


def compare(three: list[Sample], reports: list[Report], messages: list[Message]) -> int:
    """Compares what came of it with what has to; returns the exit status."""
    wrong = [
        f"The {sample.name} manifest has to be {sample.verdict} and is {report['verdict']}."
        for sample, report in zip(three, reports, strict=True)
        if report["verdict"] != sample.verdict
    ]
    if len(messages) != sum(sample.verdict != "VALID" for sample in three):
        wrong.append(f"{len(messages)} messages were published.")
    for fault in wrong:
        console.print(fault, style="red", markup=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
