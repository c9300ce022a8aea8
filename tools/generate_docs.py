"""Writes what the documents say about the program from the program itself; with --check, only compares.

.venv/bin/python -m tools.generate_docs [--check]
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import hashlib
import json
import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from cfnlint.decode import decode

from core.consumers import CONSUMERS
from core.existence import check_images, ranges_of
from core.finding import Finding
from core.judged import DETAIL_TYPE, SOURCE, Judged, judged
from core.layout import report_place
from core.lines import split_lines
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.ports import Found, NotFound, Page
from core.report import Report, build_report, list_findings
from core.report_page import to_page
from core.second_read import LineTexts
from core.validate import validate
from handlers.observability import METRICS
from tools.rules_page import anchor, rules_page
from tools.shown import console, progress, step_summary, terminal_picture

ROOT = Path(__file__).parent.parent
EXAMPLE = "docs/example.manifest"
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_PAGE = 1_000
# List prices of us-east-1, in dollars; a GET costs what a HEAD does. Storage and logs are not counted.
_LIST, _HEAD, _GB_SECOND, _ALARM, _METRIC, _DASHBOARD = 0.005 / 1_000, 0.0004 / 1_000, 0.0000133334, 0.10, 0.30, 3.00

RUNBOOKS = {
    "Events that are lost": ("FailureDestinationAlarm", "EventsDroppedAlarm", "RuleFailuresAlarm"),
    "Redrive what failed": ("FailureQueueAlarm", "UndeliveredEventsAlarm"),
    "What the log says": ("ErrorsAlarm",),
    "Runs that are refused": ("ThrottlesAlarm",),
    "Runs that take long": ("DurationAlarm",),
    "What a report says": ("ManifestsIncompleteAlarm", "ManifestsRejectedAlarm"),
}
"""Sections of docs/operations.md, in the order of urgency, and the alarms that each is for."""


def main() -> int:
    """Writes or compares every generated document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a document differs")
    check = parser.parse_args().check
    stale = 0
    for path, text in documents().items():
        file = ROOT / path
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before == text:
            continue
        if check:
            stale += 1
            sys.stdout.write("\n".join(difflib.unified_diff(before.split("\n"), text.split("\n"), path, "generated")))
        else:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    if stale:
        print("Run: .venv/bin/python -m tools.generate_docs")
    return 1 if stale else 0


def documents() -> dict[str, str]:
    """Every generated document by its path."""
    template = decode(str(ROOT / "template.yaml"))[0]
    blocks = {
        "example": console("check", "--no-images", EXAMPLE),
        "code": console("rules", "ERROR_INVALID_IMAGE"),
        "progress": progress(),
        "several": console("check", "--no-images", EXAMPLE, "tests/cases/line-blank/*.pass.manifest", last=8),
        "github": console("check", "--no-images", "--format", "github", EXAMPLE),
        "step-summary": step_summary("check", "--no-images", "--format", "github", EXAMPLE),
        "consumers": _consumers(),
        "parameters": _parameters(template),
        "permissions": _permissions(template),
        "alarms": _alarms(template),
        "cost": _cost(template),
        "valid-only-policy": _file("docs/valid-only-policy.json", "json"),
        "start-training": _file("docs/start-training.yaml", "yaml"),
    }

    def filled(path: str) -> str:
        text = (ROOT / path).read_text(encoding="utf-8")
        return _BLOCK.sub(lambda block: f"{block[1]}{blocks[block['name']]}\n{block[3]}", text)

    report = _example_report()
    return {
        "README.md": filled("README.md"),
        "docs/operations.md": filled("docs/operations.md"),
        "docs/outputs.md": filled("docs/outputs.md"),
        "docs/terminal.svg": terminal_picture("check", "--no-images", EXAMPLE),
        "docs/example-report.html": to_page([report]),
        "docs/rules.md": rules_page(),
        "docs/report.schema.json": json.dumps(Report.model_json_schema(mode="serialization"), indent=2) + "\n",
        "docs/example-report.json": report.to_json(),
        "docs/judged.schema.json": json.dumps(Judged.model_json_schema(mode="serialization"), indent=2) + "\n",
        "docs/example-judged.json": _example_event(report),
    }


def _file(path: str, language: str) -> str:
    """A file as a block of its own."""
    return f"```{language}\n{(ROOT / path).read_text(encoding='utf-8')}```"


def _consumers() -> str:
    rows = [f"| `{consumer.name}` | {consumer.title} |" for consumer in CONSUMERS.values()]
    return "\n".join(["| consumer | who that is |", "|---|---|", *rows])


class Listing:
    """One bucket in memory; the core's `ImageStore`, with counted requests."""

    def __init__(self, bucket: str, keys: Sequence[str]) -> None:
        self._buckets = {bucket: sorted(set(keys))}
        self._known = {(bucket, key) for key in keys}
        self.requests: Counter[str] = Counter()
        self._counting = Lock()

    def region(self, bucket: str) -> str | None:
        """All buckets lie in one region."""
        return "us-east-1" if bucket else None

    def list_after(self, bucket: str, after: str, _out_of_time: Callable[[], bool]) -> Page:
        """A page of a thousand."""
        self._count("LIST")
        keys = self._buckets[bucket]
        start = bisect_right(keys, after)
        page = keys[start : start + _PAGE]
        return Page([(key, Found(1)) for key in page], last=start + _PAGE >= len(keys))

    def head(
        self, bucket: str, keys: Sequence[str], _out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        """Single looks."""
        self._count("HEAD", len(keys))
        return ((key, Found(1) if (bucket, key) in self._known else NotFound.MISSING) for key in keys)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterator[tuple[str, bytes | NotFound]]:
        """Its images have one byte each."""
        self._count("GET", len(keys))
        return ((key, bytes(min(size, 1)) if (bucket, key) in self._known else NotFound.MISSING) for key in keys)

    def _count(self, operation: str, times: int = 1) -> None:
        with self._counting:
            self.requests[operation] += times


class _Unwritten:
    def write(self, findings: Sequence[Finding]) -> None:
        pass


def _example_report() -> Report:
    """The deployed gate's report on the example, of which one image is missing."""
    content = (ROOT / EXAMPLE).read_bytes()
    found = [line["source-ref"].removeprefix("s3://factory-images/") for line in _sound_lines(content)]
    manifest = ManifestObject(
        bucket="factory-manifests",
        key="train/example.manifest",
        version="3sL4kqtJlcpXroDTDmJ",
        etag=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        size=len(content),
        sequencer="0055AED6DCD90281E5",
    )
    images = Listing("factory-images", found[1:])
    judgement = validate(OpenManifest(manifest, [content]), Policy(), images, _Unwritten())
    listing = list_findings(judgement)
    texts = LineTexts(listing.lines)
    texts.read(split_lines([content]))
    return build_report(
        judgement,
        listing,
        texts=texts.contents,
        run="8f5a3f0e-1",
        looked_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=0.25,
        requests=images.requests,
        files={},
    )


def _example_event(report: Report) -> str:
    """The event on a report, without what EventBridge adds."""
    manifest = ManifestObject(report.manifest.bucket, report.manifest.key, report.manifest.version)
    detail = judged(report, report_place("factory-reports", "", manifest))
    event = {"source": SOURCE, "detail-type": DETAIL_TYPE, "detail": detail.model_dump(mode="json")}
    return json.dumps(event, indent=2) + "\n"


def _sound_lines(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        with contextlib.suppress(ValueError):
            read = json.loads(line)
            if str(read.get("source-ref", "")).startswith("s3://factory-images/"):
                yield read


def _parameters(template: Mapping[str, Any]) -> str:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    rows = ["| parameter | default | what it is |", "|---|---|---|"]
    for group in groups:
        rows.append(f"| **{group['Label']['default']}** | | |")
        for name in group["Parameters"]:
            parameter = template["Parameters"][name]
            default = f"`{parameter['Default']}`" if parameter["Default"] != "" else ""
            rows.append(f"| `{name}` | {default} | {parameter['Description']} |")
    return "\n".join(rows)


def _permissions(template: Mapping[str, Any]) -> str:
    policy = template["Resources"]["ValidateManifestRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    rows = ["| statement | actions |", "|---|---|"]
    for statement in policy["Statement"]:
        optional = "Fn::If" in statement
        inner = statement["Fn::If"][1] if optional else statement
        actions = [inner["Action"]] if isinstance(inner["Action"], str) else inner["Action"]
        note = " (only where configured)" if optional else ""
        rows.append(f"| `{inner['Sid']}`{note} | {', '.join(f'`{action}`' for action in actions)} |")
    return "\n".join(rows)


def _alarms(template: Mapping[str, Any]) -> str:
    """The alarms, those first that come first for whoever is woken."""
    rows = ["| alarm | what it means, and what to do | how |", "|---|---|---|"]
    for section, names in RUNBOOKS.items():
        for name in names:
            text = template["Resources"][name]["Properties"]["AlarmDescription"]["Fn::Sub"]
            text = re.sub(r"\$\{([A-Za-z]+)(?:\.[A-Za-z]+)?\}", r"`\1`", text)
            rows.append(f"| `{name}` | {text} | [{section}](#{anchor(section)}) |")
    return "\n".join(rows)


def _cost(template: Mapping[str, Any]) -> str:
    """Requests as the planner really makes them."""
    alone = [f"train/{number:06}.png" for number in range(16_000)]
    many = [f"all/{number:07}.png" for number in range(1_000_000)]
    cases = {
        "16,000 images in a prefix of their own": (alone, alone),
        "16,000 images spread among 1,000,000 others": (many[::62][:16_000], many),
        "200 images scattered among 200,000 others": (many[:200_000:1_000], many[:200_000]),
    }
    rows = ["| images | LIST | HEAD | dollars |", "|---|---|---|---|"]
    for name, (wanted, there) in cases.items():
        listing = Listing("images", there)
        check_images("images", ranges_of(sorted(wanted)), listing, largest=None, out_of_time=lambda: False)
        pages, looks = listing.requests["LIST"], listing.requests["HEAD"]
        rows.append(f"| {name} | {pages:,} | {looks:,} | {pages * _LIST + looks * _HEAD:.4f} |")
    alarms = sum(r["Type"] == "AWS::CloudWatch::Alarm" and "Condition" not in r for r in template["Resources"].values())
    standing = (
        f"The function costs ${_GB_SECOND * 10:.6f} for each ten seconds with 1 GB of memory. "
        f"Whether or not manifests come, {alarms} alarms cost ${alarms * _ALARM:.2f} a month (two more with "
        "`ExistingManifestBucket`); "
        f"in a month with manifests, {len(METRICS)} metrics cost ${len(METRICS) * _METRIC:.2f}. The dashboard costs "
        f"${_DASHBOARD:.2f} a month where the account has three others; `Dashboard=false` leaves it out. "
        f"`InspectImages` adds a GET for each opened image, ${len(alone) * _HEAD:.4f} for {len(alone):,} (a few JPEGs "
        "take more). Storage, logs and traces come on top, as do tags, events and messages if asked for."
    )
    return "\n".join([*rows, "", standing])


if __name__ == "__main__":
    sys.exit(main())
