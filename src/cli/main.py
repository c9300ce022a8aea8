"""`manifest-gate`: judge manifests, read the deployed gate's reports, explain the rules."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from cli import check, deployed, rules
from core import __version__
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Role
from core.errors import GateError

COULD_NOT_JUDGE: Final = 2
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: Those after the program's name; None for the process's own.

    Returns:
        0 VALID, 1 INVALID, 2 could not judge.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as reports are stored, whatever the locale
    options = build_parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_JUDGE
    except (GateError, OSError) as error:
        print(f"manifest-gate: {error}", file=sys.stderr)
        return COULD_NOT_JUDGE
    except KeyboardInterrupt:
        print("manifest-gate: interrupted", file=sys.stderr)
        return _INTERRUPTED
    return status


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="manifest-gate",
        description="Tells whether a manifest of labelled images can be trusted, and what is wrong with it.",
        epilog="Exits 0 for VALID, 1 for INVALID, 2 if it could not judge. "
        "AWS profile and region by the usual variables.",
    )
    parser.add_argument("--version", action="version", version=f"manifest-gate {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands.add_parser("check", help="judge manifests, here and now"))
    _add_report(commands.add_parser("report", help="print the deployed gate's report on a manifest"))
    _add_rules(commands.add_parser("rules", help="explain what is looked for"))
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = "Judges manifests: local files or objects in S3. Images are looked up in S3."
    parser.set_defaults(run=check.run)
    parser.add_argument("manifests", nargs="+", metavar="PATH|s3://BUCKET/KEY")
    parser.add_argument(
        "--consumer",
        choices=list(CONSUMERS),
        default=DEFAULT_CONSUMER.name,
        help="who will read the manifest (default: %(default)s)",
    )
    parser.add_argument("--role", choices=[role.value for role in Role], help="what the dataset is for")
    parser.add_argument(
        "--label-attribute", metavar="NAME", help="the label that is judged (default: anomaly-label, else the first)"
    )
    parser.add_argument("--no-images", action="store_true", help="judge the lines alone; needs no AWS account")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")
    parser.add_argument("--output", metavar="FILE", default="-", help="default: standard output")
    _add_endpoint(parser)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints the deployed gate's report on the current version of a manifest."
    parser.set_defaults(run=deployed.run)
    parser.add_argument("manifest", metavar="s3://BUCKET/KEY")
    parser.add_argument("--wait", type=_seconds, default=0, metavar="SECONDS", help="how long to wait for the report")
    parser.add_argument(
        "--stack",
        default=deployed.STACK,
        help="the deployed stack, asked for its reports bucket (default: %(default)s)",
    )
    parser.add_argument(
        "--reports", metavar="s3://BUCKET/PREFIX", help="where reports lie, instead of asking the stack"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")
    parser.add_argument("--output", metavar="FILE", default="-", help="default: standard output")
    _add_endpoint(parser)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.description = "Explains the rules: all in a list, or one in full."
    parser.set_defaults(run=rules.run)
    parser.add_argument("rule", nargs="?", metavar="RULE")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")


def _add_endpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint-url", metavar="URL", help="another S3 endpoint, such as a local one")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError("not a number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
