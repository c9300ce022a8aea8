"""`manifest-gate check`: the same judgement as the function's, from a shell."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TextIO

from aws.scratch import TemporaryFile
from cli.accepted import as_told, check_place
from cli.formats import FORMATS, Format
from cli.judging import Judge, Wanted
from cli.names import expand
from cli.output import complain, opened, status_of
from cli.progress import is_watched
from cli.s3 import S3
from core.consumers import CONSUMERS, Role
from core.errors import GateError, PermanentError
from core.finding import Finding, Severity, Verdict
from core.policy import Inspect, Policy
from core.rule_choices import read_rule_choices
from core.shelf import Shelf
from core.validate import Judgement


class _FindingLines:
    """Every finding, one a line, where a file was asked for, with the manifest's name if there are several.

    The core's `FindingSink`.
    """

    def __init__(self, file: TextIO | None, manifest: str | None) -> None:
        self._file = file
        self._named = {} if manifest is None else {"manifest": manifest}

    def write(self, findings: Sequence[Finding]) -> None:
        if self._file is not None:
            self._file.writelines(f"{json.dumps(self._named | finding.to_json())}\n" for finding in findings)


def run(options: argparse.Namespace) -> int:
    """Judges each manifest; one that cannot be judged does not hide the others.

    Raises:
        PermanentError: The options contradict each other, or there is nowhere to write the reports.
    """
    s3, policy = S3(options.endpoint_url), _policy(options)
    unmatched: dict[str, GateError] = {}
    if options.test is None:
        names = expand(options.manifests, s3, unmatched.__setitem__)
        wanted = [Wanted(name, policy, number, len(names)) for number, name in enumerate(names, 1)]
    else:
        wanted = _train_and_test(options, policy, s3)
    several = len(wanted) + len(unmatched) > 1
    _check_outputs(options, [each.name for each in wanted], several=several)
    judge = Judge(s3, options.write_accepted, watched=not (options.quiet or options.no_progress) and is_watched())
    verdicts: list[Verdict] = []
    train: Judgement | None = None
    all_findings = opened(options.findings) if options.findings is not None else nullcontext()
    with opened(options.output) as file, all_findings as findings, TemporaryFile() as scratch:
        form = FORMATS[options.format](file, several=several, quiet=options.quiet)
        for name, error in unmatched.items():
            verdicts.append(_failed(form, name, error))
        for each in wanted:
            sink = _FindingLines(findings, each.name if several else None)
            try:
                judgement, report = judge.judge(each, sink, Shelf(scratch=scratch), train)
            except GateError as error:
                verdicts.append(_failed(form, each.name, error))
                if options.test is not None and each.policy.role is Role.TRAIN:
                    complain(f"{options.test!r} is therefore judged alone.")
                continue
            if options.test is not None:
                train = judgement
            verdicts.append(report.verdict)
            form.report(report)
            if options.write_accepted is not None and not options.quiet:
                complain(as_told(report, options.write_accepted))
        form.end()
    return status_of(verdicts)


def _failed(form: Format, name: str, error: GateError) -> Verdict:
    complain(error)
    form.failed(name, error)
    return Verdict.INCOMPLETE


def _policy(options: argparse.Namespace) -> Policy:
    """How the manifests are to be judged.

    Raises:
        PermanentError: Two options contradict each other.
    """
    policy = Policy(
        consumer=CONSUMERS[options.consumer],
        role=Role(options.role) if options.role else None,
        label_attribute=options.label_attribute or None,
        images_bucket=options.images_bucket,
        check_images=not options.no_images,
        inspect=Inspect(options.inspect_images),
        severities=_severities(options),
    )
    if options.no_images and policy.inspect is not Inspect.NONE:
        raise PermanentError("--inspect-images opens images and --no-images does not look at them; leave out one.")
    return policy


def _severities(options: argparse.Namespace) -> Mapping[str, Severity | None]:
    try:
        return read_rule_choices(",".join(options.ignore_rules), ",".join(options.rule_severities))
    except ValueError as fault:  # each was read before, so only together are they wrong
        raise PermanentError(f"--ignore-rules and --rule-severities: {fault}; ask for one.") from fault


def _train_and_test(options: argparse.Namespace, policy: Policy, s3: S3) -> list[Wanted]:
    """The train manifest, and after it its test manifest.

    Raises:
        PermanentError: They are not two, or are both named the same.
    """
    trains, tests = expand(options.manifests, s3, _refuse), expand([options.test], s3, _refuse)
    for what, names in (("train", trains), ("test", tests)):
        if len(names) != 1:
            usage = "write: manifest-gate check TRAIN --test TEST"
            raise PermanentError(f"--test takes one {what} manifest, not {len(names)}; {usage}")
    if policy.role is not None:
        raise PermanentError("--test says that the manifests are train and test; leave out --role.")
    (train,), (test,) = trains, tests
    if train == test or _is_same_file(train, test):
        raise PermanentError(f"Train and test are both {test!r}; name two manifests.")
    return [
        Wanted(train, replace(policy, role=Role.TRAIN), 1, 2),
        Wanted(test, replace(policy, role=Role.TEST), 2, 2),
    ]


def _refuse(_name: str, error: GateError) -> None:
    raise error


def _check_outputs(options: argparse.Namespace, manifests: Sequence[str], *, several: bool) -> None:
    """Lets nothing be written over.

    Raises:
        PermanentError: An output is a manifest, another output, or nothing that can be replaced.
    """
    asked = {"--output": options.output, "--findings": options.findings, "--write-accepted": options.write_accepted}
    if options.findings == options.output == "-":
        raise PermanentError("--findings and --output both go to standard output; name a file for one.")
    outputs = [(option, path) for option, path in asked.items() if path not in (None, "-")]
    for option, path in outputs:
        if not path:
            raise PermanentError(f"{option} has an empty name; is a variable not set?")
        if any(_is_same_file(path, name) for name in manifests):
            raise PermanentError(f"{path!r} is a manifest and would be overwritten; name another file for the output.")
    for (option, path), (other, place) in combinations(outputs, 2):
        if os.path.realpath(path) == os.path.realpath(place):
            raise PermanentError(f"{option} and {other} are both {path!r}; name two files.")
    if options.write_accepted is not None:
        if several:
            raise PermanentError("--write-accepted takes one manifest; run the command for each.")
        check_place(options.write_accepted)


def _is_same_file(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except OSError:
        return False
