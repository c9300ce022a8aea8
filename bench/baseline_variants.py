"""Other ways to write the baseline, kept to show that none of them is much faster.

Each judges as `baseline.judge` does, to the same findings; what differs is told in its first line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from itertools import repeat
from json.scanner import make_scanner
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from bench.baseline import NOT_SOUND, judge_texts
from bench.careful import (
    BUCKET,
    CLASSIFICATION,
    EXTENSIONS,
    FILLERS,
    INTEGER,
    SHORT,
    Findings,
    Rules,
    Shapes,
    bucket_of,
    decoded,
    read_blocks,
    shape_of,
)

_REF: Final = re.compile(
    rf"s3://({BUCKET.pattern})(?!.*(?://|/\.|%))/"
    rf"[A-Za-z0-9!_.*'()/ -]{{1,200}}(?:{'|'.join(map(re.escape, EXTENSIONS))})"
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_FIELDS: Final = itemgetter("class-name", "human-annotated", "type", "confidence", "creation-date", "job-name")
_YES_OR_NO: Final = frozenset({"yes", "no"})
_NUMBERS: Final = frozenset({int, float})
_SMALL_CHUNK: Final = 64 * 1024


def json_loads(path: Path, rules: Rules) -> Findings:
    """Line by line from the file, each line hashed, `json.loads` of its bytes, fields by themselves."""
    digest, found, shapes = hashlib.sha256(), Findings(), Shapes()
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            digest.update(raw)
            try:
                text = raw.decode().removesuffix("\n")
                line = json.loads(raw)
                keys = tuple(line)
                pairs, quotes = shapes.get(keys) or shape_of(keys, shapes, every=rules.every)
                ref = line["source-ref"]
                folder, _, name = ref.rpartition("/")
                bucket = found.buckets.get(folder) or bucket_of(folder, found.buckets)
                sound = (
                    len(text) <= rules.line_characters
                    and text.count('"') == quotes
                    and "\\" not in text
                    and bucket
                    and name.endswith(EXTENSIONS)
                    and name[0] != "."
                    and "%" not in name
                    and name.isprintable()
                    and (name.isascii() or FILLERS.isdisjoint(name))
                    and len(ref) <= SHORT
                )
                for label, key in pairs:
                    value, metadata = line[label], line[key]
                    class_name, confidence, date = (
                        metadata["class-name"],
                        metadata["confidence"],
                        metadata["creation-date"],
                    )
                    sound = (
                        sound
                        and (class_name in rules.classes if rules.classes else 0 < len(class_name) <= SHORT)
                        and metadata["human-annotated"] in ("yes", "no")
                        and metadata["type"] == CLASSIFICATION
                        and isinstance(confidence, int | float)
                        and not isinstance(confidence, bool)
                        and 0 <= confidence <= 1
                        and isinstance(metadata["job-name"], str)
                        and (type(value) is int or INTEGER.fullmatch(value))
                        and _DATE.match(date)
                        and datetime.fromisoformat(date)
                    )
            except NOT_SOUND:
                sound = False
                text = raw.decode(errors="surrogateescape").removesuffix("\n")
            kept = found.inspect(text, number, rules) if not sound else ref
            if sound:
                found.count(bucket, [(label, line[key]["class-name"], line[label]) for label, key in pairs])
            if kept is not None and found.first.setdefault(kept, number) != number:
                found.again.append((number, kept))
    return found.end(digest.hexdigest())


def patterns(path: Path, rules: Rules) -> Findings:
    """The reference by one pattern, the date by another, JSON by `raw_decode`."""
    digest, found, shapes, number = hashlib.sha256(), Findings(), Shapes(), 0
    read, match_ref, match_date, read_date = (
        json.JSONDecoder().raw_decode,
        _REF.fullmatch,
        _DATE.match,
        datetime.fromisoformat,
    )
    classes, every, most, counts, first, named = (
        rules.classes,
        rules.every,
        rules.line_characters,
        found.counts,
        found.first,
        found.classes,
    )
    for block in read_blocks(path, digest.update):
        texts, unicode = decoded(block)
        for text in texts.split("\n"):
            number += 1
            try:
                line, end = read(text)
                keys = tuple(line)
                pairs, quotes = shapes.get(keys) or shape_of(keys, shapes, every=every)
                ref = line["source-ref"]
                matched = match_ref(ref)
                sound: Any = (
                    matched is not None
                    and end == len(text) <= most
                    and text.count('"') == quotes
                    and "\\" not in text
                    and (unicode or text.isascii())
                )
                bucket = matched[1] if matched else ""
                for label, key in pairs:
                    value, metadata = line[label], line[key]
                    class_name, human, date = (
                        metadata["class-name"],
                        metadata["human-annotated"],
                        metadata["creation-date"],
                    )
                    confidence = metadata["confidence"]
                    sound = (
                        sound
                        and (class_name in classes if classes else 0 < len(class_name) <= SHORT)
                        and human in _YES_OR_NO
                        and metadata["type"] == CLASSIFICATION
                        and type(confidence) in _NUMBERS
                        and 0 <= confidence <= 1
                        and type(metadata["job-name"]) is str
                        and (type(value) is int or INTEGER.fullmatch(value))
                        and match_date(date)
                        and read_date(date)
                    )
            except NOT_SOUND:
                sound = False
            if not sound:
                ref = found.inspect(text, number, rules)
                if ref is None:
                    continue
            elif len(pairs) == 1:
                place = bucket, label, class_name, value
                counts[place] = counts.get(place, 0) + 1
                named.append(class_name)
                found.buckets[bucket] = bucket
            else:
                found.count(bucket, [(label, line[key]["class-name"], line[label]) for label, key in pairs])
            if first.setdefault(ref, number) != number:
                found.again.append((number, ref))
    return found.end(digest.hexdigest())


def joined_blocks(path: Path, rules: Rules) -> Findings:
    """Lines joined to one array where it is certain that each is one object; fields taken together."""
    digest, found, shapes, number = hashlib.sha256(), Findings(), Shapes(), 0
    scan = make_scanner(json.JSONDecoder())  # type: ignore[arg-type] # typeshed names the wrong argument
    read_date, classes, every, most = datetime.fromisoformat, rules.classes, rules.every, rules.line_characters
    counts, first, named, buckets = found.counts, found.first, found.classes, found.buckets
    for block in read_blocks(path, digest.update, _SMALL_CHUNK):
        whole, unicode = decoded(block)
        texts = whole.split("\n")
        lines = _read_together(scan, whole, texts) if unicode else None
        if lines is None:
            judge_texts(texts, rules, found, shapes, unicode=unicode)
            number += len(texts)
            continue
        for text, line in zip(texts, lines, strict=True):
            number += 1
            try:
                keys = tuple(line)
                pairs, quotes = shapes.get(keys) or shape_of(keys, shapes, every=every)
                ref = line["source-ref"]
                folder, _, name = ref.rpartition("/")
                bucket = buckets.get(folder) or bucket_of(folder, buckets)
                sound = (
                    bucket
                    and len(text) <= most
                    and text.count('"') == quotes
                    and name.endswith(EXTENSIONS)
                    and name[0] != "."
                    and "%" not in name
                    and name.isprintable()
                    and (name.isascii() or FILLERS.isdisjoint(name))
                    and len(ref) <= SHORT
                )
                for label, key in pairs:
                    value = line[label]
                    class_name, human, kind, confidence, date, job = _FIELDS(line[key])
                    sound = (
                        sound
                        and (class_name in classes if classes else 0 < len(class_name) <= SHORT)
                        and (human == "yes" or human == "no")  # noqa: PLR1714 - faster than a set
                        and kind == CLASSIFICATION
                        and (type(confidence) is float or type(confidence) is int)
                        and 0 <= confidence <= 1
                        and type(job) is str
                        and (type(value) is int or INTEGER.fullmatch(value))
                        and date[10] == "T"
                        and date[13] == ":"
                        and date[5] != "W"
                        and read_date(date)
                    )
            except NOT_SOUND:
                sound = False
            if not sound:
                ref = found.inspect(text, number, rules)
                if ref is None:
                    continue
            elif len(pairs) == 1:
                place = bucket, label, class_name, value
                counts[place] = counts.get(place, 0) + 1
                named.append(class_name)
            else:
                found.count(bucket, [(label, line[key]["class-name"], line[label]) for label, key in pairs])
            if first.setdefault(ref, number) != number:
                found.again.append((number, ref))
    return found.end(digest.hexdigest())


def _read_together(scan: make_scanner, whole: str, texts: list[str]) -> list[dict[str, Any]] | None:
    """Reads lines as one array, unless one could run on into the next.

    Without backslashes, and with an even number of quotes on each line, no text runs on; without arrays, and with a
    brace at the begin of each line, no object does, for within one a key must follow a comma.
    """
    if "\\" in whole or "[" in whole or not all(map(str.startswith, texts, repeat('{"'))):
        return None
    if any(text.count('"') % 2 for text in texts):
        return None
    try:
        lines, _ = scan(f"[{','.join(texts)}]", 0)
    except NOT_SOUND:
        return None
    return lines if len(lines) == len(texts) else None


VARIANTS: Final[dict[str, Callable[[Path, Rules], Findings]]] = {
    "line by line from the file, json.loads of bytes": json_loads,
    "patterns for reference and date, raw_decode": patterns,
    "lines joined to arrays": joined_blocks,
}
