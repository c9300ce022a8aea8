import json
from datetime import UTC, datetime

from core.judged import Judged, judged
from core.layout import ReportPlace
from core.report import Report, build_report, list_findings
from tests.builders import manifest, sound_lines
from tests.fakes import MANIFEST, judge

PLACE = ReportPlace("reports", "manifests/my.manifest/1/")


def report(body: bytes) -> Report:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    judgement = judge(body).judgement
    listing = list_findings(judgement)
    return build_report(judgement, listing, run="run-1", looked_at=when, seconds=1, requests={}, files={})


def test_judged_tells_a_part_of_the_report_and_where_it_lies() -> None:
    of = report(manifest(*sound_lines(), b"{", b"{", b""))
    told = json.loads(judged(of, PLACE).to_json())

    whole = json.loads(of.to_json())
    assert told["schema_version"] == "1.0"
    for name in ("verdict", "scope", "manifest", "consumer", "run", "accepted", "totals"):
        assert told[name] == whole[name]
    assert told["lines"] == whole["statistics"]["lines"]
    assert told["images"] == whole["statistics"]["images"]
    assert told["findings"] == 3
    assert told["report"] == {"bucket": "reports", "key": "manifests/my.manifest/1/report.json"}
    assert told["manifest"]["bucket"] == MANIFEST.bucket


def test_judged_finds_nothing_in_a_sound_manifest() -> None:
    told = judged(report(manifest(*sound_lines())), PLACE)

    assert (told.verdict, told.findings, told.totals) == ("VALID", 0, {})
    assert Judged.model_validate_json(told.to_json()) == told
