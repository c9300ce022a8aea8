"""What the baseline and its variants share: the rules, every line that does not pass at once, and what lines repeat."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

CHUNK_BYTES: Final = 256 * 1024
SUFFIX: Final = "-metadata"
CUSTOMARY: Final = "anomaly-label"
CLASSIFICATION: Final = "groundtruth/image-classification"
EXTENSIONS: Final = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")
INTEGER: Final = re.compile(r"[+-]?[0-9]+")
BUCKET: Final = re.compile(r"[a-z0-9.-]{3,255}")
FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that look like nothing, though `str.isprintable` takes them."""
SHORT: Final = 256
"""Characters of a reference that cannot be more than a key's 1,024 bytes."""

_SPECIAL: Final = frozenset({"source-ref", "metadata", "annotator"})
_SIGNS: Final = frozenset({"class-name", "human-annotated", "failure-reason"})
_MOST_KEY_BYTES: Final = 1_024
_ANY_BUCKET: Final = re.compile(r"[A-Za-z0-9._-]{3,255}")
_ESCAPED_BYTE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}-|[0-9]{2})[0-9]{2}[Tt ][0-9]{2}:?[0-9]{2}")
_UNCOUNTED: Final = frozenset({"class-name-unknown", "label-value-invalid"})
"""Warnings that leave a label without a class or a value."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Zl", "Zp", "Zs"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the consumer of a manifest asks of a line.

    Attributes:
        classes: The only classes; None: any of 1 to 256 characters.
        every: Every label of a line counts; else one does.
        required: Fields of the metadata that must be there, of those that need not be.
        line_characters: Longest line.
        warnings: Rules that leave the verdict as it is.
    """

    classes: frozenset[str] | None
    every: bool
    required: frozenset[str]
    line_characters: int
    warnings: frozenset[str]


_COMMON_WARNINGS: Final = frozenset(
    {"creation-date-invalid", "job-name-invalid", "line-blank", "source-ref-not-an-image", "source-ref-suspicious"}
)
RULES: Final = {
    "lookout-for-vision": Rules(
        classes=frozenset({"normal", "anomaly"}),
        every=False,
        required=frozenset(),
        line_characters=8_192,
        warnings=_COMMON_WARNINGS | {"class-name-unknown", "confidence-invalid", "label-several", "line-too-long"},
    ),
    "rekognition-custom-labels": Rules(
        classes=None,
        every=True,
        required=frozenset({"confidence", "creation-date"}),
        line_characters=100_000,
        warnings=_COMMON_WARNINGS | {"label-unannotated", "label-failed", "type-unsupported"},
    ),
}


class Problem(NamedTuple):
    """One fault of one line; an error, or a warning that leaves the verdict as it is."""

    rule: str
    line: int
    field: str | None
    message: str
    error: bool = True


Line = Mapping[str, object]
Labels = list[tuple[str, object, object]]
"""Name, class and value."""
Place = tuple[str, str, object, object]
"""Bucket, label, class and value."""


@dataclass(slots=True)
class Findings:
    """What is known of a manifest.

    Attributes:
        sha256: Of its bytes.
        problems: Of its lines.
        counts: Sound lines by bucket, label, class and value.
        first: For each reference the first line that holds it.
        again: Later lines with a reference, and that reference.
        classes: For each line its class, or a set where it has several or none.
        buckets: For each folder its bucket, empty where the folder is not sound.
        others: Buckets of lines that did not pass at once.
    """

    sha256: str = ""
    problems: list[Problem] = field(default_factory=list)
    counts: dict[Place, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    again: list[tuple[int, str]] = field(default_factory=list)
    classes: list[str | frozenset[str]] = field(default_factory=list)
    buckets: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        """VALID or INVALID."""
        return "INVALID" if any(problem.error for problem in self.problems) else "VALID"

    def inspect(self, text: str, number: int, rules: Rules) -> str | None:
        """Judges a line that did not pass at once; returns its reference, if that can be told."""
        ref, labels, problems = careful(text, number, rules)
        self.problems += problems
        faulty = any(problem.error or problem.rule in _UNCOUNTED for problem in problems)
        bucket = _bucket(ref) if ref else ""
        if faulty or not ref:
            self.classes.append(frozenset(str(name) for _, name, _ in labels if isinstance(name, str)))
        else:
            self.count(bucket, labels)
        self.others.add(bucket)
        return ref

    def count(self, bucket: str, labels: Labels) -> None:
        """Counts a sound line."""
        self.classes.append(frozenset(str(name) for _, name, _ in labels))
        for label, class_name, value in labels:
            place = bucket, label, class_name, value
            self.counts[place] = self.counts.get(place, 0) + 1

    def end(self, digest: str) -> Findings:
        """Completes what is known once all lines are read: repeats, conflicts and other buckets."""
        self.sha256 = digest
        for line, ref in self.again:
            mine, theirs = self._classes_of(line), self._classes_of(self.first[ref])
            rule = "source-ref-conflicting" if mine and theirs and mine != theirs else "source-ref-duplicate"
            message = f"The image stands on line {self.first[ref]}."
            self.problems.append(Problem(rule, line, "source-ref", message))
        if len(self.others.union(self.buckets.values()) - {""}) > 1:
            self._judge_buckets()
        return self

    def _judge_buckets(self) -> None:
        tally = Counter[str]()
        for (bucket, *_), count in self.counts.items():
            tally[bucket] += count
        usual = max(tally, key=tally.__getitem__, default="")
        strays = self._strays(usual)
        if 2 * len(strays) >= len(self.first) + len(self.again):
            tally = Counter(map(_bucket, [*self.first, *(ref for _, ref in self.again)]))
            strays = self._strays(max(tally, key=tally.__getitem__))
        message = "The image does not lie in the bucket that most lines name."
        self.problems += (Problem("source-ref-other-bucket", line, "source-ref", message) for line in sorted(strays))

    def _strays(self, bucket: str) -> list[int]:
        """Lines whose images do not lie in a bucket."""
        prefix = f"s3://{bucket}/"
        strays = [line for ref, line in self.first.items() if not ref.startswith(prefix)]
        return strays + [line for line, ref in self.again if not ref.startswith(prefix)]

    def _classes_of(self, line: int) -> frozenset[str]:
        found = self.classes[line - 1]
        return frozenset({found}) if isinstance(found, str) else found


def read_blocks(path: Path, digest: Callable[[bytes], object], size: int = CHUNK_BYTES) -> Iterator[bytes]:
    r"""Yields whole lines, without the last `\n`, and tells the digest all bytes."""
    rest = b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(size):
            digest(chunk)
            block, ending, rest = (rest + chunk).rpartition(b"\n")
            if ending:
                yield block
    if rest:
        yield rest


def decoded(block: bytes) -> tuple[str, bool]:
    """The text of some lines, and whether all of it is UTF-8; bytes that are not become half characters."""
    try:
        return block.decode(), True
    except UnicodeDecodeError:
        return block.decode(errors="surrogateescape"), False


Shape = tuple[tuple[tuple[str, str], ...], int]
"""The labels of lines with the same keys, each with its metadata's key, and how many quotes such a line has."""
Shapes = dict[tuple[str, ...], Shape]


def shape_of(keys: tuple[str, ...], shapes: Shapes, *, every: bool) -> Shape:
    """Finds and remembers the labels of lines with some keys; raises KeyError where such lines need a closer look."""
    pairs = tuple((key, key + SUFFIX) for key in keys if key + SUFFIX in keys and not _special(key))
    if len(keys) != 1 + 2 * len(pairs) or "source-ref" not in keys or not (pairs if every else len(pairs) == 1):
        raise KeyError(keys)
    # Keys of the line, source-ref, and of each metadata six keys and five texts.
    shapes[keys] = pairs, 2 * len(keys) + 2 + 22 * len(pairs)
    return shapes[keys]


def bucket_of(folder: str, buckets: dict[str, str]) -> str:
    """Finds and remembers the bucket of a folder such as s3://BUCKET/FOLDER; empty where that needs a closer look."""
    bucket, _, path = folder[5:].partition("/")
    sound = (
        folder.startswith("s3://")
        and BUCKET.fullmatch(bucket)
        and f"/{path}/".isprintable()
        and FILLERS.isdisjoint(path)
        and "%" not in path
        and "//" not in f"{folder[5:]}/"
        and "/." not in path
        and not path.startswith(".")
    )
    buckets[folder] = bucket if sound else ""
    return buckets[folder]


def _bucket(ref: str) -> str:
    return ref[5:].partition("/")[0]


def _special(key: str) -> bool:
    return key in _SPECIAL or key.endswith("-ref")


class _RepeatedKeyError(ValueError):
    """A key stands twice in one object, with the same value or with another one."""

    def __init__(self, *, agrees: bool) -> None:
        super().__init__("a key stands twice")
        self.agrees = agrees


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) < len(pairs):
        raise _RepeatedKeyError(agrees=all(built[key] == value for key, value in pairs))
    return built


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def careful(text: str, number: int, rules: Rules) -> tuple[str | None, Labels, list[Problem]]:
    """Judges one line in full; returns its reference if that is sound, its labels, and what is wrong."""
    problems: list[Problem] = []

    def say(rule: str, message: str, where: str | None = None, *, error: bool = True) -> None:
        problems.append(Problem(rule, number, where, message, error and rule not in rules.warnings))

    if not text.strip(" \t\r"):
        say("line-blank", "The line is blank.")
        return None, [], problems
    try:
        text.encode()
    except UnicodeEncodeError:
        say("line-not-utf8", "The line is not UTF-8.")
        return None, [], problems
    if len(text) > rules.line_characters:
        say("line-too-long", f"The line has {len(text):,} characters.")
    try:
        line = _STRICT.decode(text)
    except _RepeatedKeyError as repeated:
        say("line-duplicate-key", "A key stands twice.", error=not repeated.agrees)
        line = json.loads(text)
    except ValueError as error:
        say("line-invalid-json", str(error))
        return None, [], problems
    if not isinstance(line, dict):
        say("line-not-an-object", "The line is no object.")
        return None, [], problems
    ref = _judge_ref(line, say)
    return ref, _judge_labels(line, rules, say), problems


Say = Callable[..., None]


def _judge_ref(line: Line, say: Say) -> str | None:
    ref = line.get("source-ref", ...)
    if ref is ...:
        say("source-ref-missing", "The line has no source-ref.", "source-ref")
        return None
    bucket, _, key = ref[5:].partition("/") if isinstance(ref, str) and ref.startswith("s3://") else ("", "", "")
    long = len(key.encode()) > _MOST_KEY_BYTES
    if not isinstance(ref, str) or not _ANY_BUCKET.fullmatch(bucket) or not key or key.endswith("/") or long:
        say("source-ref-malformed", f"{ref!r} is not s3://BUCKET/KEY.", "source-ref")
        return None
    odd = not (key.isascii() and key.isprintable()) and any(map(_invisible, key))
    empty = key.startswith("/") or "//" in key or key.endswith(" ")
    dots = "/../" in f"/{key}/" or "/./" in f"/{key}/"
    if odd or empty or dots or _ESCAPED_BYTE.search(key) or not BUCKET.fullmatch(bucket):
        say("source-ref-suspicious", f"{ref!r} is seldom meant.", "source-ref")
    if not key.lower().endswith(EXTENSIONS):
        say("source-ref-not-an-image", f"{ref!r} does not end as images do.", "source-ref")
    return ref


def _invisible(sign: str) -> bool:
    return sign != " " and (sign in FILLERS or unicodedata.category(sign) in _INVISIBLE)


def _judge_labels(line: Line, rules: Rules, say: Say) -> Labels:
    named = [key.removesuffix(SUFFIX) for key in line if key.endswith(SUFFIX) and not _special(key[: -len(SUFFIX)])]
    pairs = [key for key in line if key in named]
    half = not rules.every and CUSTOMARY not in pairs and (CUSTOMARY in line or CUSTOMARY in named)
    orphans = [name for name in named if name not in pairs and (not pairs or _signed(line[name + SUFFIX]))]
    for name in orphans:
        say("label-missing", f"There is no {name!r}.", name + SUFFIX)
    if not orphans and half:
        say("label-missing", f"{CUSTOMARY!r} has no metadata.", CUSTOMARY)
    elif not orphans and not pairs:
        say("label-unannotated", "The line has no label.")
    if not rules.every and pairs:
        classified = [name for name in pairs if _kind(line[name + SUFFIX]) == CLASSIFICATION]
        if len(classified) > 1:
            say("label-several", "The line has several labels.")
        pairs = [CUSTOMARY] if CUSTOMARY in pairs else [*classified, *pairs][:1]
    return [_judge_pair(name, line[name], line[name + SUFFIX], rules, say) for name in pairs]


def _signed(metadata: object) -> bool:
    return isinstance(metadata, dict) and not _SIGNS.isdisjoint(metadata)


def _kind(metadata: object) -> object:
    return metadata.get("type") if isinstance(metadata, dict) else None


def _judge_pair(name: str, value: object, metadata: object, rules: Rules, say: Say) -> tuple[str, object, object]:
    integer = isinstance(value, int) and not isinstance(value, bool)
    if not integer and not (isinstance(value, str) and INTEGER.fullmatch(value)):
        plain = isinstance(value, bool | int | float | str)
        say("label-value-invalid", f"{value!r} is no integer.", name, error=rules.every or not plain)
    if not isinstance(metadata, dict):
        say("metadata-malformed", "The metadata is no object.", name + SUFFIX)
        return name, None, value
    kind = metadata.get("type")
    if kind is not None and kind != CLASSIFICATION:
        say("type-unsupported", f"{kind!r} is not read.", name + SUFFIX)
        return name, metadata.get("class-name"), value
    if kind is None:
        say("type-missing", "There is no type.", name + SUFFIX)
    for judge in (_judge_class, _judge_human, _judge_rest):
        judge(metadata, name + SUFFIX, rules, say)
    return name, metadata.get("class-name"), value


def _judge_class(metadata: Line, where: str, rules: Rules, say: Say) -> None:
    class_name = metadata.get("class-name")
    if not isinstance(class_name, str):
        say("class-name-missing", "There is no class-name.", where)
    elif rules.classes is not None and class_name not in rules.classes:
        say("class-name-unknown", f"{class_name!r} is not known.", where)
    elif rules.classes is None and not 0 < len(class_name) <= SHORT:
        say("class-name-length", "The class-name is empty or too long.", where)


def _judge_human(metadata: Line, where: str, _rules: Rules, say: Say) -> None:
    human = metadata.get("human-annotated")
    if "human-annotated" not in metadata:
        say("human-annotated-missing", "There is no human-annotated.", where)
    elif human not in ("yes", "no"):
        say("human-annotated-invalid", f"{human!r} is neither yes nor no.", where)


def _judge_rest(metadata: Line, where: str, rules: Rules, say: Say) -> None:
    if not isinstance(metadata.get("job-name", ""), str):
        say("job-name-invalid", "The job-name is no text.", where)
    for key, sound in (("confidence", _is_confidence), ("creation-date", _is_date)):
        if key in metadata and not sound(metadata[key]):
            say(f"{key}-invalid", f"{metadata[key]!r} is none.", where)
        elif key not in metadata and key in rules.required:
            say(f"{key}-missing", "It is not there.", where)


def _is_confidence(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or not _DATE.match(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
