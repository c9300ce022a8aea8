"""Keys that were probably meant by missing ones: the same but for an encoding, white space, or case."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import unquote, unquote_plus

from core.errors import AccessDeniedError, GateError
from core.existence import just_before, lists_in_order
from core.ports import Found, ImageStore
from core.source_ref import MAX_KEY_BYTES

MAX_REQUESTS: Final = 20
"""Requests that are made for hints, however many images are missing."""
_HINTED: Final = 10_000
"""Missing keys for which a similar one is looked for."""


class Similar(NamedTuple):
    """A key that exists, and how it differs from the missing one."""

    key: str
    how: str


def similar_keys(
    bucket: str, missing: Sequence[str], store: ImageStore, *, out_of_time: Callable[[], bool]
) -> dict[str, Similar]:
    """Looks for keys that were probably meant: url-decoded, trimmed, NFC, or with the extension in other case.

    Where a listing is not possible, only the first few are looked at. A fault of the store ends the search: hints are
    no more than that.

    Args:
        bucket: Their bucket.
        missing: Keys without object.
        store: Where they would lie.
        out_of_time: Tells that no further request may begin.

    Returns:
        For a missing key the similar one that exists.
    """
    forms = {key: list(_other_forms(key)) for key in islice(missing, _HINTED)}
    existing: set[str] = set()
    candidates = sorted({form.key for others in forms.values() for form in others})
    with suppress(GateError):
        existing.update(_existing(bucket, candidates, store, out_of_time))
    similar = {key: next((form for form in others if form.key in existing), None) for key, others in forms.items()}
    return {key: form for key, form in similar.items() if form is not None}


def _existing(
    bucket: str, candidates: Sequence[str], store: ImageStore, out_of_time: Callable[[], bool]
) -> Iterator[str]:
    """The candidates that exist, as far as few requests tell."""
    position, listing = 0, lists_in_order(bucket)
    for _ in range(MAX_REQUESTS):
        if position == len(candidates) or out_of_time():
            return
        if not listing:
            yield from _looked_at(store.head(bucket, candidates[: MAX_REQUESTS - 1], out_of_time))
            return
        try:
            page = store.list_after(bucket, just_before(candidates[position]), out_of_time)
        except AccessDeniedError:
            listing = False
            continue
        yield from (key for key, _ in page.objects)
        covered = candidates[-1] if page.last else page.objects[-1][0] if page.objects else ""
        position = max(position + 1, bisect_right(candidates, covered, position))


def _looked_at(answers: Iterable[tuple[str, object]]) -> Iterator[str]:
    return (key for key, answer in answers if isinstance(answer, Found))


def _other_forms(key: str) -> Iterator[Similar]:
    stem, dot, extension = key.rpartition(".")
    if "/" in extension or not dot:
        stem, dot, extension = key, "", ""
    forms = (
        ("url-decoded", unquote(key)),
        ("url-decoded", unquote_plus(key)),
        ("without white space around it", key.strip()),
        ("in Unicode's composed form, NFC", unicodedata.normalize("NFC", key)),
        ("in Unicode's decomposed form, NFD", unicodedata.normalize("NFD", key)),
        ("with the extension in lower case", f"{stem}{dot}{extension.lower()}"),
        ("with the extension in upper case", f"{stem}{dot}{extension.upper()}"),
    )
    return (Similar(form, how) for how, form in forms if form not in ("", key) and _is_key(form))


def _is_key(form: str) -> bool:
    return "\ufffd" not in form and not form.endswith("/") and len(form.encode()) <= MAX_KEY_BYTES
