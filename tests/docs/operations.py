"""docs/operations.md, taken apart."""

import re

from tools.generate_docs import ROOT

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))


def shells(text: str) -> list[str]:
    """The commands of each block."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


(PREAMBLE,) = shells(TEXT[: TEXT.index("\n## ")])
"""What all other commands need."""
