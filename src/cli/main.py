"""`manifest-gate`: judge manifests, read the deployed gate's reports, explain the rules."""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from aws.clients import CONNECTIONS
from cli import backfill, check, deployed, redrive, rules
from cli.output import complain
from core import __version__
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Role
from core.errors import GateError
from core.finding import shown
from core.labels import is_label_name
from core.policy import Inspect
from core.rule_choices import read_rule_choices
from core.source_ref import SourceRef, parse

COULD_NOT_JUDGE: Final = 2
_INTERRUPTED: Final = 130
_MESSAGE_CHARACTERS: Final = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: Those after the program's name; None for the process's own.

    Returns:
        0 VALID, 1 INVALID, 2 could not judge.
    """
    _settle_streams()
    try:
        return _run(arguments)
    except GateError as error:
        complain(error)
    except OSError as error:  # only of standard output: all else is translated where it happens
        if not isinstance(error, BrokenPipeError):  # whoever reads has seen enough
            complain(f"standard output cannot be written: {error.strerror}.")
        # Leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        complain("interrupted")
        return _INTERRUPTED
    return COULD_NOT_JUDGE


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = build_parser().parse_args(arguments)
        status: int = options.run(options)
    finally:
        sys.stdout.flush()
    return status


def _settle_streams() -> None:
    """Replaces streams that the caller closed (`>&-`), and prints UTF-8, as reports are stored, whatever the locale."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


class _Parser(argparse.ArgumentParser):
    """Repeats nothing raw that a terminal would obey."""

    def error(self, message: str) -> NoReturn:
        super().error(shown(message, _MESSAGE_CHARACTERS))


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = _Parser(
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
    _add_backfill(commands.add_parser("backfill", help="let the deployed gate judge what was there before it"))
    _add_redrive(commands.add_parser("redrive", help="let the deployed gate judge what failed before"))
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Judges manifests: local files, - for standard input, or objects in S3. Images are looked up in S3."
    )
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
        "--test",
        metavar="TEST",
        help="a test manifest, judged together with the one train manifest: no image may be in both",
    )
    parser.add_argument(
        "--label-attribute",
        type=_label,
        metavar="NAME",
        help="the label that is judged (default: anomaly-label, else the first)",
    )
    parser.add_argument(
        "--images-bucket",
        type=_bucket,
        metavar="BUCKET",
        help="the bucket that all images must lie in (default: the one that most lines name)",
    )
    parser.add_argument(
        "--inspect-images",
        choices=[inspect.value for inspect in Inspect],
        default=Inspect.NONE.value,
        help="which images to open, to see format, width and height (default: %(default)s)",
    )
    parser.add_argument(
        "--ignore-rules",
        type=_ignored_rules,
        action="append",
        default=[],
        metavar="RULE[,RULE]",
        help="rules to ignore; can be repeated",
    )
    parser.add_argument(
        "--rule-severities",
        type=_rule_severities,
        action="append",
        default=[],
        metavar="RULE=SEVERITY[,...]",
        help="other severities of rules: error, warning or off; can be repeated",
    )
    parser.add_argument("--no-images", action="store_true", help="judge the lines alone; needs no AWS account")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")
    parser.add_argument("--output", metavar="FILE", default="-", help="default: standard output")
    parser.add_argument("--findings", metavar="FILE", help="where to write every finding, one JSON object a line")
    _add_endpoint(parser)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints the deployed gate's report on the current version of a manifest."
    parser.set_defaults(run=deployed.run)
    parser.add_argument("manifest", metavar="s3://BUCKET/KEY")
    parser.add_argument("--wait", type=_seconds, default=0, metavar="SECONDS", help="how long to wait for the report")
    parser.add_argument(
        "--stack",
        type=_text,
        default=deployed.STACK,
        help="the deployed stack, asked for its reports bucket (default: %(default)s)",
    )
    parser.add_argument(
        "--reports", type=_text, metavar="s3://BUCKET/PREFIX", help="where reports lie, instead of asking the stack"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")
    parser.add_argument("--output", metavar="FILE", default="-", help="default: standard output")
    _add_endpoint(parser)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.description = "Explains the rules: all in a list, one in full, or those of an error code of AWS."
    parser.set_defaults(run=rules.run)
    parser.add_argument("rule", nargs="?", metavar="RULE|AWS_CODE")
    parser.add_argument(
        "--consumer",
        choices=list(CONSUMERS),
        help=f"shows its severities (default: all in a rule's text, those of {DEFAULT_CONSUMER.name} in lists)",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")


def _add_backfill(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Lets the deployed gate judge every manifest under a prefix. Those that have a report, unless it is "
        "INCOMPLETE, are left out, so that it can be broken off and begun again."
    )
    parser.set_defaults(run=backfill.run)
    parser.add_argument("location", type=_text, metavar="s3://BUCKET/PREFIX")
    parser.add_argument("--again", action="store_true", help="judge those that have a report, too")
    _add_stack_and_concurrency(parser)


def _add_redrive(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Lets the deployed gate judge the events that wait in its failure queues. An event leaves its queue once it is "
        "judged. Exits 0 if none is left, 2 otherwise."
    )
    parser.set_defaults(run=redrive.run)
    _add_stack_and_concurrency(parser)


def _add_stack_and_concurrency(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", type=_text, default=deployed.STACK, help="the deployed stack (default: %(default)s)")
    parser.add_argument(
        "--concurrency",
        type=int,
        choices=range(1, CONNECTIONS + 1),
        default=2,
        metavar="N",
        help=f"how many are judged at the same time, up to {CONNECTIONS} (default: %(default)s)",
    )


def _add_endpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoint-url", type=_text, metavar="URL", help="another S3 endpoint, such as a local one")


def _text(argument: str) -> str:
    if not check.is_unicode(argument):
        raise argparse.ArgumentTypeError(f"{argument!r} is not UTF-8")
    return argument


def _label(argument: str) -> str:
    if argument and not is_label_name(_text(argument)):
        raise argparse.ArgumentTypeError(f"{argument!r} is not the key of a label; write it without -metadata")
    return argument


def _ignored_rules(argument: str) -> str:
    return _rule_choices(argument, argument, "")


def _rule_severities(argument: str) -> str:
    return _rule_choices(argument, "", argument)


def _rule_choices(argument: str, ignored: str, severities: str) -> str:
    try:
        read_rule_choices(ignored, severities)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{fault}; all rules: manifest-gate rules") from fault
    return argument


def _bucket(argument: str) -> str:
    if parse(f"s3://{argument}/key") != SourceRef(argument, "key"):
        raise argparse.ArgumentTypeError(f"{argument!r} is not the name of a bucket; write it without s3://")
    return argument


def _seconds(argument: str) -> float:
    try:
        seconds = float(argument)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{argument!r} is not a number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
