"""What the deployed function answered, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from core.finding import shown

_LINE_CHARACTERS = 3_000


def answer_line(manifest: Mapping[str, object]) -> str:
    """One manifest of an answer: verdict, where it lies, how many findings, and whether it was judged anew."""
    verdict = manifest["verdict"] or "-"
    line = f"{verdict:<10}  s3://{manifest['bucket']}/{manifest['key']}  {manifest['outcome']}"
    if (findings := manifest["findings"]) is not None:
        line += f", {findings:,} finding{'' if findings == 1 else 's'}"
    return shown(line, _LINE_CHARACTERS)
