"""The baseline: findings that a tree had when the linter was turned on, left out until their code changes.

A finding is known by its rule, the items around it and the text of its lines, so that moved lines and renamed files
keep it. Changed text is another finding. Two files may hold the same code: an entry speaks for the file that it names,
or, once that is gone, for one other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.errors import ConfigError
from rfl_lint.finding import Finding, Silence
from rfl_lint.refusal import ENGINE_GROUP
from rfl_lint.report import Report
from rfl_lint.source import SourceFile

FILE_NAME: Final = ".rfl-lint-baseline.json"
VERSION: Final = 1
_SHOWN_CODE: Final = 100
_SHORT_LINE: Final = 400
"""Up to so many bytes of a line a fingerprint speaks for all of it."""
_FIELDS: Final = ("path", "rule", "fingerprint", "code")


class Entry(Struct, frozen=True, order=True):
    """A finding that is left out. `code` shows what it is about; `asked` what a run must be asked for to make it."""

    path: str
    rule: str
    fingerprint: str
    code: str = ""
    asked: tuple[str, ...] = ()


class Matched(Struct, frozen=True):
    """A report without what the baseline has, the entries that it still needs, and those that nothing answered to.

    `needed` are as they would be written today: with the path that a renamed file has now.
    """

    report: Report
    needed: tuple[Entry, ...] = ()
    unmatched: tuple[Entry, ...] = ()


def left_out(
    report: Report,
    entries: Iterable[Entry],
    asked: Callable[[Finding], tuple[str, ...]] = lambda _finding: (),
    *,
    is_gone: Callable[[str], bool] = lambda _path: False,
    changed: Mapping[str, Collection[int]] = MappingProxyType({}),
) -> Matched:
    """Leave out the findings that entries speak for.

    `is_gone` tells of a path that no file has any more. `changed` are rows, by the paths of findings, that a change
    wrote: what stands on one of them is never left out. What the engine says itself is never left out either.
    """
    book = _Book(entries, is_gone)
    own: list[tuple[Finding, Entry]] = []
    for finding in sorted((*report.findings, *report.unshown), key=lambda finding: finding.sort_key):
        entry = entry_of(report, finding, asked(finding))
        if entry is not None and not _on_changed_row(report, finding, changed):
            own.append((finding, entry))
    found = book.take([entry for _, entry in own])
    spoken_for = {id(finding) for (finding, _), there in zip(own, found, strict=True) if there}
    needed = [entry for (_, entry), there in zip(own, found, strict=True) if there]
    hidden = (
        replace(finding, silenced=Silence.BASELINE)
        for finding in report.findings
        if id(finding) in spoken_for
    )
    silenced = (*report.silenced, *hidden)
    shorter = replace(
        report,
        findings=tuple(finding for finding in report.findings if id(finding) not in spoken_for),
        unshown=tuple(finding for finding in report.unshown if id(finding) not in spoken_for),
        silenced=tuple(sorted(silenced, key=lambda finding: finding.sort_key)),
    )
    return Matched(shorter, tuple(sorted(needed)), tuple(book.left()))


def entry_of(report: Report, finding: Finding, asked: tuple[str, ...] = ()) -> Entry | None:
    """What a baseline would have of a finding; None for what it cannot have."""
    view = report.views.get(finding.path)
    path = finding.path if view is None else view.path
    source = report.source(finding.path)
    if path is None or source is None or finding.group == ENGINE_GROUP:
        return None
    code = " ".join(source.line_text(source.row(finding.span.start) + 1).split())
    return Entry(path, finding.rule, _fingerprint(finding, source), code[:_SHOWN_CODE], asked)


def _rows(finding: Finding, source: SourceFile) -> range:
    last = max(finding.span.start, finding.span.end - 1)
    return range(source.row(finding.span.start), source.row(last) + 1)


def _fingerprint(finding: Finding, source: SourceFile) -> str:
    """The finding's own, with that of all of its lines where it does not speak for all of them."""
    rows = _rows(finding, source)
    first = source.row_bytes(rows.start)
    if len(rows) == 1 and len(first) <= _SHORT_LINE:
        return finding.fingerprint
    text = b" ".join(b"".join(source.row_bytes(row) + b"\n" for row in rows).split())
    return f"{finding.fingerprint}-{hashlib.sha256(text).hexdigest()[:10]}"


def _on_changed_row(report: Report, finding: Finding, changed: Mapping[str, Collection[int]]) -> bool:
    rows = changed.get(finding.path, ())
    source = report.source(finding.path) if rows else None
    return source is not None and any(row in rows for row in _rows(finding, source))


class _Book:
    """The entries while findings take theirs; each is taken once."""

    def __init__(self, entries: Iterable[Entry], is_gone: Callable[[str], bool]) -> None:
        self._free = {(entry.path, entry.rule, entry.fingerprint): entry for entry in sorted(entries)}
        self._is_gone = is_gone

    def take(self, wanted: list[Entry]) -> list[bool]:
        """Whether there is an entry for each: under its own path first, then one whose file is gone."""
        found = [
            self._free.pop((entry.path, entry.rule, entry.fingerprint), None) is not None for entry in wanted
        ]
        if all(found) or not self._free:
            return found
        gone: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        known: dict[str, bool] = {}
        for key in self._free:
            path, rule, fingerprint = key
            if path not in known:
                known[path] = self._is_gone(path)
            if known[path]:
                gone.setdefault((rule, fingerprint), []).append(key)
        for at, entry in enumerate(wanted):
            keys = gone.get((entry.rule, entry.fingerprint))
            if not found[at] and keys:
                del self._free[keys.pop(0)]
                found[at] = True
        return found

    def left(self) -> list[Entry]:
        return sorted(self._free.values())


def read_baseline(file: Path) -> tuple[Entry, ...]:
    """The entries of a file; raises ConfigError where it is none."""
    import json  # noqa: PLC0415 - most runs have no baseline

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}") from error
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        marks = any(row.startswith(("<<<<<<< ", ">>>>>>> ")) for row in text.split("\n"))
        what = "a conflict of a merge is left in it: keep the lines of both sides" if marks else "not JSON"
        raise ConfigError(f"{file}: {what} (line {line})") from error
    if not isinstance(data, dict) or not isinstance(data.get("findings"), list):
        raise ConfigError(f"{file}: not a baseline of rfl-lint")
    if data.get("version") != VERSION:
        raise ConfigError(f"{file}: of version {data.get('version')!r}, and only {VERSION} is known")
    return tuple(_read_entry(each, file) for each in data["findings"] if each != {})


def _read_entry(data: object, file: Path) -> Entry:
    if not isinstance(data, dict):
        raise ConfigError(f"{file}: {data!r} is no finding")
    values = [data.get(name, "") for name in _FIELDS]
    asked = data.get("asked", [])
    if not all(isinstance(value, str) for value in values) or not all(values[:3]):
        raise ConfigError(f"{file}: a finding lacks its path, rule or fingerprint: {data}")
    if not isinstance(asked, list) or not all(isinstance(word, str) for word in asked):
        raise ConfigError(f"{file}: `asked` is a list of words: {data}")
    path, rule, fingerprint, code = values
    return Entry(path, rule, fingerprint, code, tuple(asked))


def dump_baseline(entries: Iterable[Entry]) -> bytes:
    """The file that holds entries: in order, a line each.

    An empty entry closes the list, so that each line ends in a comma: added and removed lines touch no other, and
    merges of several hands go through.
    """
    lines = [_dumped(entry) + ",\n" for entry in sorted(set(entries))]
    return f'{{"version": {VERSION}, "findings": [\n{"".join(lines)}{{}}\n]}}\n'.encode()


def _dumped(entry: Entry) -> str:
    import json  # noqa: PLC0415 - as above

    data: dict[str, object] = {name: getattr(entry, name) for name in _FIELDS}
    if entry.asked:
        data["asked"] = list(entry.asked)
    return json.dumps(data, ensure_ascii=True)
