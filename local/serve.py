"""`make local`: the gate on an AWS inside this machine, for manifests of your own, until Ctrl-C."""

import os
import sys
import textwrap
from typing import NoReturn

from local import ROOT, LocalError
from local.demo import start
from local.emulator import CREDENTIALS, Emulator, forget_real_accounts
from local.gate import Gate, cause
from local.manifests import good
from local.process import leave_in_order_when_told_to
from local.screen import console, heading, show, step

SAMPLE = ROOT / ".local" / "sample.manifest"


def main() -> int:
    """Runs until Ctrl-C; returns the exit status. ADDRESS says where to listen."""
    leave_in_order_when_told_to()
    forget_real_accounts()
    try:
        with Emulator(address=os.environ.get("ADDRESS", "")) as emulator:
            parameters = {"FailureEmail": "you@example.com", "NotifyOn": "all"}
            stack = start(emulator, parameters)
            gate = Gate(emulator, stack)
            lay_sample(gate)
            explain(emulator, gate)
            try:
                follow(gate)
            except KeyboardInterrupt:
                console.print("\nEnding, and clearing up …")
    except LocalError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130
    console.print("Ended, and everything in it is gone.")
    return 0


def lay_sample(gate: Gate) -> None:
    """Puts images and a manifest that names them, and keeps a copy on this machine to drop again.

    The manifest is the one that the sample events tell of.
    """
    sample = good(gate.manifests)
    with step(f"Putting {len(sample.images)} images", len(sample.images)) as put:
        gate.put_images(gate.manifests, sample.images, put)
    SAMPLE.parent.mkdir(exist_ok=True)
    SAMPLE.write_bytes(sample.body)
    gate.drop("train/good.manifest", sample.body)


def explain(emulator: Emulator, gate: Gate) -> None:
    """Says how to use it."""
    settings = CREDENTIALS | {"AWS_ENDPOINT_URL": emulator.endpoint_url}
    sample = SAMPLE.relative_to(ROOT)
    heading("The gate is running. In another terminal, first point AWS clients at it:")
    show("\n".join(f"export {name}={value}" for name, value in settings.items()))
    heading("Drop a manifest, here one whose images are there already:")
    show(f"aws s3 cp {sample} s3://{gate.manifests}/my.manifest")
    heading("or without the AWS command line:")
    show(
        '.venv/bin/python -c \'import boto3; boto3.client("s3").upload_file('
        f'"{sample}", "{gate.manifests}", "my.manifest")\''
    )
    heading("and read its report:")
    show(f".venv/bin/manifest-gate report s3://{gate.manifests}/my.manifest --wait 30")
    heading("Images belong into the same bucket. Verdicts appear below as they come; Ctrl-C ends it.")
    console.print()


def follow(gate: Gate) -> NoReturn:
    """Shows verdicts, and events that failed every attempt, as they come; never returns."""
    while True:
        for message in gate.messages(seconds=2):
            show(f"{message['Subject']}\n{textwrap.indent(gate.mail(message), '  ')}\n")
        for failure in gate.failures():
            show(f"The function failed at every attempt: {cause(failure)}\n")


if __name__ == "__main__":
    sys.exit(main())
