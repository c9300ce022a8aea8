"""`docs/rules.md`, from the catalogue and the consumers' data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from core.catalogue import RULES, Rule, Scope
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Consumer, Role
from core.finding import Severity
from core.policy import Policy
from core.rule_text import as_markdown, markdown, rules_of_code, severity_for

_TITLES: Final = {
    Scope.MANIFEST: "Rules about the manifest",
    Scope.LINE: "Rules about lines",
    Scope.IMAGE: "Rules about images and masks",
    Scope.DATASET: "Rules about the whole",
}
_FORMATS: Final = {"png": "PNG", "jpeg": "JPEG"}
_NOT_STATED: Final = "\N{EN DASH}"
_INTRODUCTION: Final = f"""\
# Rules

All that Manifest Gate looks for. `manifest-gate rules` lists the rules in a terminal, `manifest-gate rules
source-ref-malformed` prints one as it stands here, and `manifest-gate rules ERROR_INVALID_IMAGE` those that find what
AWS reports by that code. This page is written by the program.

{{contents}}

## Severities

| severity | means |
|---|---|
| error | the manifest is `INVALID`, and a line that the finding names is left out of `accepted.manifest` |
| unchecked | something could not be checked: without an error, the manifest is `INCOMPLETE` |
| warning | the verdict stays; other readers, or people, stumble over it |
| off | nothing is looked for |

A rule's severity depends on who will read the manifest, the [consumer](#consumers); `{DEFAULT_CONSUMER.name}` is the
default. It can be changed:

| | rules to ignore | other severities: `error`, `warning` or `off` |
|---|---|---|
| parameter of the stack | `IgnoreRules` | `RuleSeverities` |
| variable of the function | `IGNORE_RULES` | `RULE_SEVERITIES` |
| command line | `--ignore-rules` | `--rule-severities` |
| for example | `line-blank,label-several` | `line-blank=error,job-name-invalid=off` |

The report names what was changed (`consumer.rule_severities`). Rules marked *fixed* can be neither ignored nor changed:
without them `VALID` would mean nothing. Where a severity is `unchecked`, it can only be made an error. A rule about
something that the consumer does not state or read, such as masks, stays off.

Each example yields its rule where it stands among enough sound lines.
"""

_Cell = Callable[[Consumer], str]


def rules_page() -> str:
    """The page."""
    sections = [
        ("Consumers", f"{_CONSUMERS_TEXT}\n\n{_consumers()}"),
        ("All rules by consumer", f"{_MATRIX_TEXT}\n\n{_matrix()}"),
        ("AWS codes", f"{_CODES_TEXT}\n\n{_codes()}"),
        *((_TITLES[scope], _rules(scope)) for scope in Scope),
    ]
    contents = "\n".join(
        f"- [{title}](#{anchor(title)})" for title in ["Severities", *(title for title, _ in sections)]
    )
    body = "\n".join(f"## {title}\n\n{text}\n" for title, text in sections)
    return f"{_INTRODUCTION.format(contents=contents)}\n{body}".rstrip("\n") + "\n"


def anchor(heading: str) -> str:
    """What a link to a heading names, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _rules(scope: Scope) -> str:
    return "\n".join(as_markdown(rule) for rule in RULES.values() if rule.scope is scope).rstrip("\n")


_MATRIX_TEXT: Final = """\
Where two severities stand, the rule says when which holds. Rules that speak of an opened image need `InspectImages`
(`INSPECT_IMAGES`, `--inspect-images`), which is `none` unless it is set."""


def _matrix() -> str:
    rows = [["rule", *CONSUMERS, "fixed"]]
    for rule in RULES.values():
        severities = [severity_for(rule, consumer) for consumer in CONSUMERS.values()]
        rows.append([f"[{rule.slug}](#{rule.slug})", *severities, "fixed" if rule.fixed else ""])
    return _table(rows)


_CODES_TEXT: Final = """\
For those who come from Rekognition Custom Labels or Lookout for Vision: the codes of these services, and the rules that
find the same fault. The services stop at the first fault of a line; here every independent one is reported."""


def _codes() -> str:
    codes = sorted({rule.aws_code for rule in RULES.values() if rule.aws_code})
    return _table([["AWS code", "rules"], *([f"`{code}`", _links(rules_of_code(code))] for code in codes)])


def _links(rules: list[Rule]) -> str:
    return ", ".join(f"[{rule.slug}](#{rule.slug})" for rule in rules)


_CONSUMERS_TEXT: Final = f"""\
Who will read the manifest: the parameter `Consumer`, the variable `CONSUMER`, or `--consumer` on the command line; with
`AllowManifestMetadata=true` also `x-amz-meta-consumer` on the manifest itself. The figures are those of the AWS guides;
{_NOT_STATED} means that they state none."""


def _consumers() -> str:
    rows = [["", *CONSUMERS]]
    rows += [[title, *(cell(consumer) for consumer in CONSUMERS.values())] for title, cell in CELLS.values()]
    return _table(rows)


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def _of(name: str, text: Callable[[Any], str]) -> _Cell:
    """A cell with what an attribute states."""

    def cell(consumer: Consumer) -> str:
        value = getattr(consumer, name)
        return text(value) if value else _NOT_STATED

    return cell


def _size(size: int) -> str:
    return f"{size // 1024**3} GB" if size >= 1024**3 else f"{size // 1024**2} MB"


def _lines(consumer: Consumer) -> str:
    if consumer.lines is None:
        return _NOT_STATED
    counts: dict[int, list[str]] = {}
    for role, count in consumer.lines.items():
        counts.setdefault(count, []).append(role)
    blank = ", blank ones included" if consumer.blank_lines_count else ""
    if len(counts) == 1:
        return f"{next(iter(counts)):,}{blank}"
    return "; ".join(f"{', '.join(roles)}: {count:,}" for count, roles in counts.items()) + blank


def _fewest(fewest: Mapping[Role, Mapping[str, int]]) -> str:
    return "; ".join(
        f"{role}: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}"
        for role, counts in fewest.items()
    )


def _range(bounds: tuple[int, int]) -> str:
    return f"{bounds[0]:,} to {bounds[1]:,}"


def _required(fields: Mapping[str, str]) -> _Cell:
    """A cell with the fields whose absence is an error."""

    def cell(consumer: Consumer) -> str:
        policy = Policy(consumer=consumer)
        return ", ".join(field for field, slug in fields.items() if policy.severity(slug) is Severity.ERROR)

    return cell


CELLS: Final[Mapping[str, tuple[str, _Cell]]] = {
    "title": ("who", _of("title", markdown)),
    "required-of-a-line": (
        "required of each line",
        _required({"`source-ref`": "source-ref-missing", "a label": "label-unannotated"}),
    ),
    "required-of-a-label": (
        "required of a label's metadata",
        _required(
            {
                f"`{field}`": f"{field}-missing"
                for field in ("class-name", "human-annotated", "type", "confidence", "creation-date")
            }
        ),
    ),
    "pairs": ("labels used of a line", lambda consumer: f"up to {consumer.pairs}" if consumer.pairs else "one"),
    "masks": ("masks (segmentation)", lambda consumer: "read" if consumer.masks else "not judged"),
    "classes": ("classes", lambda consumer: " and ".join(consumer.classes) if consumer.classes else "any"),
    "class_characters": ("characters of a class's name", _of("class_characters", _range)),
    "class_count": ("classes of a dataset", _of("class_count", _range)),
    "fewest_images": ("images at least", _of("fewest_images", _fewest)),
    "manifest_bytes": ("manifest at most", _of("manifest_bytes", _size)),
    "manifest_key_fault": ("refuses a manifest whose own key", _of("manifest_key_fault", markdown)),
    "lines": ("lines at most", _lines),
    "line_characters": ("characters of a line at most", _of("line_characters", "{:,}".format)),
    "value_characters": ("characters of a key's value at most", _of("value_characters", "{:,}".format)),
    "invalid_share": ("invalid lines that it drops, before it refuses all", _of("invalid_share", "{:.0%}".format)),
    "label_overlap": ("classes common to train and test, at least", _of("label_overlap", "{:.0%}".format)),
    "image_bytes": ("image at most", _of("image_bytes", _size)),
    "image_formats": ("image formats", _of("image_formats", lambda names: ", ".join(_FORMATS[name] for name in names))),
    "image_sides": ("pixels of an image's side", _of("image_sides", _range)),
    "image_aspect": ("longer side by the other at most", _of("image_aspect", "{}:1".format)),
    "one_image_size": ("all images of one size", _of("one_image_size", lambda _: "yes")),
}
"""The rows of the consumers' table."""
