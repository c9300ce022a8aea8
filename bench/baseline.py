"""The baseline: the careful script that a good engineer writes around `json.loads`, as fast as Python makes it.

It hashes the file, checks all that the clean path of the gate checks, finds repeated and conflicting images, counts
buckets, classes, names and values of labels, and names every bad line with its rule. What makes a line sound is written
out in one loop; a line that does not pass there is judged in full by `careful`, which may take its time.

`json.loads` is a few lines of Python around the scanner that is called here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from json.scanner import make_scanner
from pathlib import Path
from typing import Final

from bench.careful import (
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

NOT_SOUND: Final = (AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError)
"""What a line raises that is not what it should be."""


def judge(path: Path, rules: Rules) -> Findings:
    """Judges a manifest."""
    digest, found, shapes = hashlib.sha256(), Findings(), Shapes()
    for block in read_blocks(path, digest.update):
        texts, unicode = decoded(block)
        judge_texts(texts.split("\n"), rules, found, shapes, unicode=unicode)
    return found.end(digest.hexdigest())


def judge_texts(texts: Iterable[str], rules: Rules, found: Findings, shapes: Shapes, *, unicode: bool) -> None:
    """Judges the next lines; a call for each of them would cost 3 %."""
    scan = make_scanner(json.JSONDecoder())  # type: ignore[arg-type] # typeshed names the wrong argument
    read_date, classes, every, most = datetime.fromisoformat, rules.classes, rules.every, rules.line_characters
    counts, first, named, buckets = found.counts, found.first, found.classes, found.buckets
    for number, text in enumerate(texts, len(named) + 1):
        try:
            line, end = scan(text, 0)
            keys = tuple(line)
            pairs, quotes = shapes.get(keys) or shape_of(keys, shapes, every=every)
            ref = line["source-ref"]
            folder, _, name = ref.rpartition("/")
            bucket = buckets.get(folder) or bucket_of(folder, buckets)
            sound = (
                end == len(text) <= most
                and text.count('"') == quotes  # more, where a key is repeated
                and "\\" not in text
                and (unicode or text.isascii())
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
                class_name, human = metadata["class-name"], metadata["human-annotated"]
                confidence, date = metadata["confidence"], metadata["creation-date"]
                sound = (
                    sound
                    and (class_name in classes if classes else 0 < len(class_name) <= SHORT)
                    and (human == "yes" or human == "no")  # noqa: PLR1714 - faster than a set
                    and metadata["type"] == CLASSIFICATION
                    and (type(confidence) is float or type(confidence) is int)
                    and 0 <= confidence <= 1
                    and type(metadata["job-name"]) is str
                    and (type(value) is int or INTEGER.fullmatch(value))
                    and date[10] == "T"
                    and date[13] == ":"
                    and date[5] != "W"  # a week, which Python reads, too
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
