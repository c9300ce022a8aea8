import base64
import hashlib
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from core.finding import Severity, Verdict
from core.lines import split_lines
from core.policy import Policy
from core.report import Report, ReportFinding, build_report, list_findings
from core.report_page import ARTICLE_BYTES, PAGE_BYTES, to_page
from core.second_read import LineTexts
from tests.builders import line, manifest, sound_lines
from tests.fakes import MANIFEST, MemoryImages, images_of, judge, times

VOID = {"meta", "input"}
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class _Outline(HTMLParser):
    """Elements that are open, and what was seen: tags with their attributes, and the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text += f"{data} "


def outline(page: str) -> _Outline:
    seen = _Outline()
    seen.feed(page)
    seen.close()
    assert seen.open == []
    return seen


def report(body: bytes, policy: Policy | None = None, **more: object) -> Report:
    judgement = judge(body, policy, **more).judgement  # type: ignore[arg-type]
    listing = list_findings(judgement)
    texts = LineTexts(listing.lines)
    texts.read(split_lines([body]))
    return build_report(
        judgement, listing, texts=texts.contents, run="run-1", looked_at=WHEN, seconds=1, requests={}, files={}
    )


def words(page: str) -> str:
    return " ".join(outline(page).text.split())


@pytest.mark.parametrize(
    ("told", "title", "meaning"),
    [
        (report(manifest(*sound_lines())), "VALID", "Every line was read and every image was looked for; no error"),
        (report(manifest(*sound_lines(), b"{")), "INVALID", "It must not be used as it is"),
        (
            report(manifest(*sound_lines()), out_of_time=times(0)),
            "INCOMPLETE",
            "No error was found so far, but not everything could be checked",
        ),
        (
            report(manifest(*sound_lines()), Policy(check_images=False)),
            "VALID",
            "Every line was read and no error was found. Images were not looked for, as was asked.",
        ),
        (report(b""), "INVALID", "It must not be used as it is"),
    ],
    ids=["valid", "invalid", "incomplete", "lines", "empty"],
)
def test_a_page_says_whether_the_manifest_can_be_trusted(told: Report, title: str, meaning: str) -> None:
    page = to_page([told])

    assert f"<title>{title} s3://manifests/my.manifest - Manifest Gate</title>" in page
    assert f"{title} s3://manifests/my.manifest {meaning}" in words(page)


def test_a_page_of_several_reports_begins_with_a_summary() -> None:
    sound, wrong = report(manifest(*sound_lines())), report(manifest(line(1), b"{"))

    page = to_page([sound, wrong, sound])

    assert "<title>2 of 3 manifests VALID - Manifest Gate</title>" in page
    assert "3 manifests: 2 VALID, 1 INVALID" in words(page)
    ids = [attributes["id"] for _, attributes in outline(page).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {str(attributes["href"])[1:] for tag, attributes in outline(page).tags if tag == "a"}
    assert targets <= set(ids)


def test_every_link_leads_to_a_place_on_the_page_or_to_a_file_beside_it() -> None:
    told = report(manifest(*sound_lines(), b"{", line(1, "x")))
    files = {name: {"key": f"k/{name}", "size": 1, "sha256": "0"} for name in ("findings.jsonl", "accepted.manifest")}
    told = Report.model_validate(told.model_dump() | {"files": files, "capped": True})

    seen = outline(to_page([told]))

    ids = {attributes.get("id") for _, attributes in seen.tags}
    links = {str(attributes["href"]) for tag, attributes in seen.tags if tag == "a"}
    assert {link for link in links if not link.startswith("#")} == {"findings.jsonl", "accepted.manifest"}
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    assert {f"rule-{slug}" for slug in told.totals} <= ids
    assert "k/findings.jsonl" in seen.text


def test_the_policy_lets_nothing_run_or_load_but_what_the_page_holds() -> None:
    page = to_page([report(b"{\n")])

    policy = next(a["content"] for tag, a in outline(page).tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    attributes = {name for _, each in outline(page).tags for name in each}
    assert not {"src", "style", "srcset", "onclick", "onload"} & attributes


HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}{% raw %}]]>"


def test_values_stand_as_text() -> None:
    body = manifest(*sound_lines(), line(f"s3://images/{HOSTILE}.png", HOSTILE), {HOSTILE: 1, f"{HOSTILE}-metadata": 1})

    page = to_page([report(body, images=MemoryImages(images_of(body) | {"manifests": {}}))])

    assert page.count("<script>") == 1
    assert HOSTILE in outline(page).text


def test_a_key_is_shown_with_what_cannot_be_seen_escaped() -> None:
    """Else a key could turn the direction of writing, and look like another one."""
    key = "train/\u202etsefinam.\0/\ud83d\ude00\u2066" + "k" * 900
    sound = report(manifest(*sound_lines()))

    page = to_page([sound.model_copy(update={"manifest": sound.manifest.model_copy(update={"key": key})})])

    assert "train/\\u202etsefinam.\\x00/" in outline(page).text
    assert "k" * 900 in page
    assert {"\u202e", "\0", "\u2066"} & set(page) == set()


def test_regions_of_several_reports_have_names_of_their_own() -> None:
    told = report(manifest(*sound_lines(), b"{"))
    alone, several = (
        [attributes["aria-labelledby"] for tag, attributes in outline(to_page(reports)).tags if tag == "section"]
        for reports in ([told], [told, told])
    )

    assert "findings" in alone
    assert {"m1-findings m1-title", "m2-findings m2-title"} <= set(several)
    assert len(set(several)) == len(several)


def findings(count: int, rule: str = "line-invalid-json", **more: object) -> list[ReportFinding]:
    return [
        ReportFinding.model_validate(
            {
                "rule": rule,
                "severity": "error",
                "line": number,
                "field": None,
                "value": "<" * 200,
                "message": "&" * 200,
                "fix": "Mend it.",
            }
            | more
        )
        for number in range(1, count + 1)
    ]


def shown_rules(page: str) -> list[str]:
    return re.findall(r'<tr role="row" data-severity="\w+" data-rule="([a-z0-9-]+)"', page)


def test_a_page_stays_small_and_keeps_the_rare_findings() -> None:
    listed = [*findings(900), *findings(3, "line-blank")]
    told = report(b"{\n").model_copy(
        update={"findings": listed, "totals": {"line-invalid-json": 100_000, "line-blank": 3}, "capped": True}
    )

    page = to_page([told])

    assert len(page.encode()) < 300_000
    shown = shown_rules(page)
    assert shown.count("line-blank") == 3
    assert 50 < shown.count("line-invalid-json") < 900
    assert f"This page lists {len(shown)} entries, of each rule the first; in all there are 100,003 findings." in words(
        page
    )


def test_many_reports_share_the_page() -> None:
    told = report(b"{\n").model_copy(update={"findings": findings(900), "totals": {"line-invalid-json": 900}})
    alone = len(shown_rules(to_page([told])))

    page = to_page([told] * 100)

    assert len(page.encode()) < 1.1 * PAGE_BYTES
    assert 100 * 5 < len(shown_rules(page)) < 100 * alone / 2
    assert page.count("of each rule the first; in all there are 900 findings.") == 100


def test_findings_without_room_are_counted() -> None:
    told = report(b"{\n")
    wide = {"classes": {f"{number}{'<' * 200}": number for number in range(900)}}
    told = told.model_copy(update={"statistics": told.statistics.model_copy(update=wide)})

    page = to_page([told])

    assert len(page.encode()) > ARTICLE_BYTES
    assert shown_rules(page) == []
    assert "1 finding; there is no room for them here." in words(page)


def test_rules_are_told_by_their_gravest_severity() -> None:
    listed = [*findings(1, severity="warning"), *findings(1), *findings(1, "label-several", severity="warning")]
    totals = {
        "label-several": 9,
        "line-invalid-json": 2,
        "image-not-found": 5,
        "of-tomorrow": 1,
        "line-too-long": 1,
    }
    told = report(b"{\n").model_copy(update={"findings": listed, "totals": totals})

    page = to_page([told])

    table = page[page.index('id="by-rule"') : page.index('id="classes"')]
    rows = re.findall(r'#rule-([a-z-]+)">.*?badge (\w+)">.*?number">([\d,]+)<', table)
    assert rows == [
        ("image-not-found", "error", "5"),
        ("line-invalid-json", "error", "2"),
        ("line-too-long", "error", "1"),
        ("label-several", "warning", "9"),
        ("of-tomorrow", "warning", "1"),
    ]
    assert "A rule of another version of Manifest Gate." in words(page)


def test_the_strip_shows_where_the_faults_lie() -> None:
    body = manifest(*sound_lines(40, 30), b"{", *sound_lines(15, 14, first=100))
    told = report(body)

    page = to_page([told])

    assert 'aria-label="Errors: 1 line, 1 in line 71"' in page
    assert '<rect class="filled" x="700.0" width="10.0" height="20"><title>Line 71: 1</title>' in page
    assert 'aria-label="Unchecked: none"' in page


def test_what_was_not_checked_is_said_with_the_reason() -> None:
    late = report(manifest(*sound_lines()), out_of_time=times(0))
    alone = report(manifest(*sound_lines()), Policy(check_images=False))

    assert "Time ran out before the first line" in words(to_page([late]))
    assert "Images were not looked for: the lines alone were judged" in words(to_page([alone]))
    assert "Everything was checked" in words(to_page([report(manifest(*sound_lines()))]))


def test_what_was_not_checked_is_said_without_the_reason() -> None:
    """A report that may list few findings can list none that tells it."""
    late = report(manifest(*sound_lines(), b"{"), out_of_time=times(1))
    assert "Everything was checked" not in words(to_page([late.model_copy(update={"findings": []})]))
    lines = late.statistics.lines.model_copy(update={"unchecked": 3})
    told = report(b"{\n")
    statistics = told.statistics.model_copy(update={"lines": lines})

    page = words(to_page([told.model_copy(update={"statistics": statistics})]))

    assert "3 lines, 0 images not checked. The findings that this report lists do not tell why." in page
    assert "Everything was checked" not in page


def test_changed_rules_are_named() -> None:
    told = report(manifest(*sound_lines()), Policy(severities={"line-blank": None, "type-missing": Severity.ERROR}))

    assert "Rules changed line-blank off" in words(to_page([told]))


def test_a_consumer_of_another_version_is_named_all_the_same() -> None:
    told = report(manifest(*sound_lines()))
    told = told.model_copy(update={"consumer": told.consumer.model_copy(update={"name": "of-tomorrow"})})

    assert "For of-tomorrow Scope" in words(to_page([told]))


def test_a_local_file_is_named_by_its_path() -> None:
    told = report(manifest(*sound_lines()))
    told = told.model_copy(update={"manifest": told.manifest.model_copy(update={"bucket": None})})

    assert (told.manifest.uri, told.verdict) == ("my.manifest", Verdict.VALID)
    assert "File my.manifest" in words(to_page([told]))
    assert MANIFEST.key == "my.manifest"
