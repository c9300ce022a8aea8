import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from cfnlint.decode import decode

from core.judged import DETAIL_TYPE, SOURCE
from core.tags import RUN_TAG, VERDICT_TAG
from tests.docs.policies import Request, denials
from tools.generate_docs import ROOT

GATE = "arn:aws:iam::111122223333:role/gate"
OTHER = "arn:aws:iam::111122223333:role/training"
POLICY = json.loads(
    (ROOT / "docs/valid-only-policy.json")
    .read_text(encoding="utf-8")
    .replace("GATE_ROLE_ARN", GATE)
    .replace("BUCKET", "manifests")
)
MANIFEST = "arn:aws:s3:::manifests/train/my.manifest"
READS = ["s3:GetObject", "s3:GetObjectVersion"]
TAGGING = [
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:ReplicateTags",
]


def by(principal: str | None, action: str, resource: str = MANIFEST, **context: str | list[str]) -> list[str]:
    """What denies a request; tags of the object and of the request by keyword."""
    named: dict[str, str | list[str]] = {"aws:PrincipalArn": principal} if principal else {}
    return denials(POLICY, Request(action, resource, named | context))


def tagged(verdict: str, key: str = VERDICT_TAG) -> dict[str, str]:
    return {f"s3:ExistingObjectTag/{key}": verdict}


@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize("principal", [OTHER, None])
def test_only_valid_manifests_are_read(action: str, principal: str | None) -> None:
    assert by(principal, action, **tagged("VALID")) == []
    for other in ({}, tagged("INVALID"), tagged("INCOMPLETE"), tagged("valid"), tagged("VALID", "verdict")):
        assert by(principal, action, **other) == ["ReadOnlyValid"]


@pytest.mark.parametrize("action", [*READS, *TAGGING])
def test_the_gate_reads_and_tags_whatever_the_verdict(action: str) -> None:
    assert by(GATE, action) == by(GATE, action, **tagged("INVALID")) == []


@pytest.mark.parametrize("action", [*READS, *TAGGING, "s3:PutObject"])
@pytest.mark.parametrize("key", ["train/1.png", "my.manifest.png", "manifest"])
def test_only_manifests_are_concerned(action: str, key: str) -> None:
    assert by(OTHER, action, f"arn:aws:s3:::manifests/{key}", **{"s3:RequestObjectTagKeys": [VERDICT_TAG]}) == []


@pytest.mark.parametrize("action", TAGGING)
@pytest.mark.parametrize("verdict", ["VALID", "INVALID"])
def test_nobody_else_changes_tags(action: str, verdict: str) -> None:
    assert by(OTHER, action, **tagged(verdict)) == ["TagOnlyByGate"]


@pytest.mark.parametrize("key", [VERDICT_TAG, RUN_TAG, "Manifest-Gate-Verdict", "MANIFEST-GATE-RUN"])
def test_an_upload_with_a_forged_tag_is_refused(key: str) -> None:
    for keys in ([key], ["team", key]):
        assert by(OTHER, "s3:PutObject", **{"s3:RequestObjectTagKeys": keys}) == ["NoVerdictAtUpload"]


def test_other_uploads_are_not_refused() -> None:
    assert by(OTHER, "s3:PutObject") == []
    assert by(OTHER, "s3:PutObject", **{"s3:RequestObjectTagKeys": ["team", "stage"]}) == []


def test_the_rule_waits_for_what_the_gate_sends() -> None:
    template = decode(str(ROOT / "docs/start-training.yaml"))[0]
    example = json.loads((ROOT / "docs/example-judged.json").read_text(encoding="utf-8"))

    pattern = template["Resources"]["ManifestValidRule"]["Properties"]["EventPattern"]

    assert pattern == {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": {"verdict": ["VALID"]}}
    assert (example["source"], example["detail-type"]) == (SOURCE, DETAIL_TYPE)


def test_cfn_lint_has_nothing_to_say_of_the_rule() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--include-checks", "I", "--", "docs/start-training.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (lint.stdout, lint.stderr, lint.returncode) == ("", "", 0)


def test_the_example_event_keeps_the_schema() -> None:
    schema = json.loads((ROOT / "docs/judged.schema.json").read_text(encoding="utf-8"))
    detail = json.loads((ROOT / "docs/example-judged.json").read_text(encoding="utf-8"))["detail"]

    jsonschema.validate(detail, schema)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(detail | {"verdict": "PERHAPS"}, schema)
