import json

import jsonschema
import pytest

from tools.generate_docs import ROOT, documents


@pytest.mark.parametrize(("path", "text"), documents().items(), ids=list(documents()))
def test_a_generated_document_is_what_the_program_says(path: str, text: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == text, "run: .venv/bin/python -m tools.generate_docs"


def test_the_example_report_keeps_the_schema() -> None:
    schema = json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8"))
    report = json.loads((ROOT / "docs/example-report.json").read_text(encoding="utf-8"))

    jsonschema.validate(report, schema)

    assert report["totals"]["image-not-found"] == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report | {"verdict": "PERHAPS"}, schema)
