"""Reports of every kind, as the gate writes them."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from bench.manifests import FAULTY, SEED
from core.errors import RetryableError
from core.finding import Verdict
from core.lines import split_lines
from core.manifest import ManifestObject
from core.policy import Inspect, Policy
from core.ports import ImageStore, NotFound
from core.report import Report, ReportFile, build_report, list_findings
from core.second_read import LineTexts
from tests.builders import BUCKET, Line, line, manifest, metadata, sound_lines, with_metadata
from tests.fakes import MANIFEST, MemoryImages, images_of, judge, times

MANY: Final = 105_000
"""Faulty lines of the report that is cut short; not each has a finding of its own."""

MARKUP: Final = "<script>document.title = 'taken'</script>"
HOSTILE: Final = {
    "script": MARKUP,
    "handler": "<img src=x onerror=\"document.title = 'taken'\">",
    "end of script": "</script><script>document.title = 'taken'</script>",
    "end of style": "</style></table></main>",
    "attribute": '" onfocus="document.title = \'taken\'" autofocus x="',
    "quotes": "' \" ` \\ &quot; &amp; &#60;",
    "template": "{{7*7}} ${7*7} <%= 7*7 %> {0} %s $title",
    "comment": "<!-- --> <![CDATA[ ]]>",
    "address": "javascript:document.title='taken'",
    "right to left": "\u202egnp.exe\u202c",
    "nothing": "a\0b\x1b[31m\x07",
    "isolate": "\u2066\u2067\u200f\u200b\ufeff",
    "long": "k" * 1_000,
    "long path": "/".join(["folder-with-a-long-name"] * 40),
    "Hangul": "사진/불량품-01",
    "Hangul, decomposed": "\u1109\u1161\u110c\u1175\u11ab",
    "emoji": "👩‍🏭🔧💥",
    "Arabic": "صورة معيبة",
    "combining": "Z" + "\u0351\u036b\u0343" * 20,
}
"""Texts that a careless page would obey, or break at."""

_WHEN: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_SOUND: Final = manifest(*sound_lines())


def valid() -> Report:
    """Nothing to say."""
    return _report(_SOUND)


def warnings() -> Report:
    """VALID, and something to say."""
    return _report(manifest(*sound_lines(), b"", with_metadata(1, confidence=2), line(2, "scratch"), line(3, "Normal")))


def invalid() -> Report:
    """Faults of the manifest, its lines, its images and the dataset, spread unevenly over the lines."""
    lines: list[Line] = [
        *sound_lines(normal=12, anomaly=6),
        b"",
        b'{"source-ref": "s3://images/1.png",}',
        b"not JSON",
        b"[1, 2]",
        line("s3: //images/4.png"),
        line("s3://images-old/5.png"),
        line(6, "scratch"),
        line(7),
        line(7),
        line(8),
        line(8, "anomaly"),
        line(9, source_ref=None),
        with_metadata(10, human_annotated=True),
        with_metadata(11, creation_date="yesterday", confidence="much", type="groundtruth/object-detection"),
        {"source-ref": "s3://images/12.png", "other": 0, "other-metadata": metadata()},
        *sound_lines(normal=120, anomaly=0, first=2_001),
        *(line(f"s3://images/line-{number}/missing image.png") for number in range(30)),
        b"\xff\xfe",
    ]
    body = b"\xef\xbb\xbf" + manifest(*lines)
    images = images_of(body)
    images[BUCKET] = {key: image for key, image in images[BUCKET].items() if "missing" not in key}
    return _report(body, images=_there(images), policy=Policy(inspect=Inspect.SAMPLE))


def out_of_time() -> Report:
    """INCOMPLETE: the lines were not read to the end."""
    return _report(manifest(*sound_lines(normal=5_000)), out_of_time=times(2))


def denied() -> Report:
    """INCOMPLETE: the images may not be looked at."""
    names = [f"{number}.png" for number in range(1_001, 1_035)]
    images = _there(images_of(_SOUND), listing_denied=True, answers=dict.fromkeys(names, NotFound.DENIED))
    return _report(_SOUND, images=images)


def throttled() -> Report:
    """INCOMPLETE: S3 was too slow."""
    return _report(_SOUND, images=_there(images_of(_SOUND), faults={1: RetryableError("slow down")}))


def lines_alone() -> Report:
    """Images were not to be looked for."""
    return _report(_SOUND, policy=Policy(check_images=False), manifest=ManifestObject(None, "work/my.manifest"))


def empty() -> Report:
    """No line at all."""
    return _report(b"")


def not_json_lines() -> Report:
    """One array in place of lines."""
    return _report(b"[\n  {},\n  {}\n]\n")


def hostile() -> Report:
    """Keys, classes, labels and buckets that mean harm, or look odd."""
    lines: list[Line] = [*sound_lines()]
    for number, text in enumerate(HOSTILE.values()):
        label = f"label{number}-{text}"
        lines += [
            line(f"s3://{BUCKET}/{text}/{number}.png"),
            line(f"s3://{text}/{number}.png"),
            line(f"s3: //{text}.png"),
            line(3_000 + number, text),
            with_metadata(4_000 + number, type=text, job_name=text, creation_date=text),
            {"source-ref": f"s3://{BUCKET}/{5_000 + number}.png", label: 0, f"{label}-metadata": metadata(text)},
        ]
    return _report(
        manifest(*lines, "{" + MARKUP),
        images=_there(images_of(_SOUND)),
        manifest=ManifestObject("manifests", f"{MARKUP}/{'k' * 300}/불량품 \u202e.manifest", "1", "e", 9, "01"),
    )


def capped() -> Report:
    """More findings than a report lists, of many rules."""
    faulty = FAULTY.lines(random.Random(SEED), MANY)  # noqa: S311 - the same each time
    return _report(manifest(*sound_lines(), *faulty))


KINDS: Final[Mapping[str, tuple[Callable[[], Report], Verdict]]] = {
    "valid": (valid, Verdict.VALID),
    "warnings": (warnings, Verdict.VALID),
    "invalid": (invalid, Verdict.INVALID),
    "out-of-time": (out_of_time, Verdict.INCOMPLETE),
    "denied": (denied, Verdict.INCOMPLETE),
    "throttled": (throttled, Verdict.INCOMPLETE),
    "lines-alone": (lines_alone, Verdict.VALID),
    "empty": (empty, Verdict.INVALID),
    "not-json-lines": (not_json_lines, Verdict.INVALID),
    "hostile": (hostile, Verdict.INVALID),
    "capped": (capped, Verdict.INVALID),
}
"""Each kind of report, and its verdict."""


@cache
def report_of(kind: str) -> Report:
    """The report of a kind, made once."""
    return KINDS[kind][0]()


def _there(buckets: Mapping[str, Mapping[str, object]], **options: object) -> MemoryImages:
    return MemoryImages({"manifests": {}} | dict(buckets), **options)


def _report(
    body: bytes,
    *,
    policy: Policy | None = None,
    images: ImageStore | None = None,
    manifest: ManifestObject = MANIFEST,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Report:
    judged = judge(body, policy, images, manifest=replace(manifest, size=len(body)), out_of_time=out_of_time)
    listing = list_findings(judged.judgement)
    texts = LineTexts(listing.lines)
    texts.read(split_lines([body]))
    return build_report(
        judged.judgement,
        listing,
        texts=texts.contents,
        run="run-1",
        looked_at=_WHEN,
        seconds=1.234,
        requests={"list": 2},
        files={"findings.jsonl": _file("findings.jsonl")} if judged.findings else {},
    )


def _file(name: str) -> ReportFile:
    return ReportFile(key=f"reports/manifests/{MANIFEST.key}/1/run-1/{name}", size=12_345, sha256="0" * 64)
