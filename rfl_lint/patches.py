"""What a patch adds to the findings of a tree: its texts are linted, and findings that it did not touch fall away.

A finding counts if its span, or a related place in the same function, touches a line that the patch added or the
first line behind one that it deleted. Where a patch shows only parts of a file, a finding whose verdict could change
with what is not shown does not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from rfl_lint.batch import Plan
from rfl_lint.engine import FileResult
from rfl_lint.inputs.git_objects import blob_name, read_blob
from rfl_lint.inputs.patch import FileDiff, Patch
from rfl_lint.inputs.postimage import PostImage, new_file, text_after
from rfl_lint.inputs.snippet import shown_text
from rfl_lint.live import TextLinter
from rfl_lint.refusal import FILE_NOT_ANALYSED
from rfl_lint.report import View
from rfl_lint.rule import Extent
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.syntax.limits import MAX_FILE_BYTES
from rfl_lint.touched import Judge
from rfl_lint.tree import KERNEL_ROLES, KernelTree

# Where a patch does not tell which file it changes, the text counts as an abstraction.
_UNKNOWN: Final = "rust/kernel/unknown_{}.rs"
_LINE: Final = re.compile(r"\(line (\d{1,7})\)")
# Findings in quotes of one patch are the same if that many lines above them are.
_ALIKE: Final = 3


@dataclass
class PatchRun:
    """Lints patches one after the other; each stands on what the ones before it left."""

    tree: KernelTree
    plan: Plan
    extents: Mapping[str, Extent]
    c_names: frozenset[str] = frozenset()
    """The C functions that the patches call, as far as they are known beforehand: all are looked up at once."""
    input_name: str = "<stdin>"
    excluded: Callable[[str], bool] = lambda _path: False
    """Whether the configuration leaves a path out."""
    results: list[FileResult] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    linter: TextLinter = field(init=False)
    _messages: int = 0
    _after: dict[str, SourceFile] = field(default_factory=dict)
    _shown: dict[str, tuple[SourceFile, str]] = field(default_factory=dict)
    _seen: dict[tuple[str, ...], set[int | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.linter = TextLinter(self.tree, self.plan, self.c_names)

    def lint(self, patch: Patch) -> None:
        """Lint the texts that one patch leaves, and keep what it added."""
        self.notes += patch.notes
        self._messages += 1
        for line, name in patch.refused:
            self.errors.append(
                f"line {line}: the patch names {name!r}, which leads out of the tree: not looked at"
            )
        batch: dict[str, FileDiff] = {}
        for diff in patch.files:
            name = diff.path or _UNKNOWN.format(diff.mail_line)
            if name in batch:  # a second patch of the same file stands on the first
                self._lint_batch(batch)
                batch = {}
            batch[name] = diff
        self._lint_batch(batch)

    def _lint_batch(self, batch: Mapping[str, FileDiff]) -> None:
        """Lint what some diffs leave, each of another file."""
        found = {name: self._image(name, diff) for name, diff in batch.items()}
        images = {name: image for name, image in found.items() if image is not None}
        if not images:
            return
        around = [source for path, source in self._after.items() if path not in images]
        judges: dict[str, Judge] = {}
        for name, image in images.items():
            judges[name] = Judge(image, self.extents, judges)
            self._shown[name] = image.source, self._free_name(name)
            self.views[self._shown[name][1]] = View(
                batch[name].path,
                self.input_name,
                image.lines,
                image.mail_lines,
                self._messages - 1,
                image.message_rows,
                image.added,
            )
        results = self.linter.lint([image.source for image in images.values()], around)
        for name, result in zip(images, results, strict=True):
            self._keep(result, judges[name])
            if images[name].is_whole:
                self._after[name] = images[name].source

    # The text.

    def _image(self, path: str, diff: FileDiff) -> PostImage | None:
        if diff.path is None:
            shown = shown_text(path, diff)
            return shown if _is_rust(shown) else None
        if not path.endswith(".rs"):
            self._skip("not Rust")
            return None
        if diff.is_deleted:
            self._after[path] = SourceFile(path, b"")
            self._skip("deleted")
            return None
        image = self._text_after(path, diff)
        if diff.is_rename and diff.old_path is not None:
            # Nothing is left there, so that what moved is not known twice.
            self._after[diff.old_path] = SourceFile(diff.old_path, b"")
        return image

    def _text_after(self, path: str, diff: FileDiff) -> PostImage | None:
        if diff.is_binary or not diff.hunks:
            self._moved(path, diff)
            self._skip("no change of the text")
            return None
        role = self.tree.role(path)
        if role not in KERNEL_ROLES or self.excluded(path):
            self._skip(str(role) if role not in KERNEL_ROLES else "excluded")
            return None
        whole = new_file(path, diff) or self._applied(path, diff)
        if whole is not None:
            return whole
        if not diff.is_new and any(True for _ in self._texts_before(diff)):
            self.notes.append(
                f"line {diff.mail_line}: the patch does not fit {path} of the tree;"
                " only what it shows itself is looked at"
            )
        return shown_text(path, diff)

    def _moved(self, path: str, diff: FileDiff) -> None:
        """Know a file that only changed its name under the new one."""
        text = next(self._texts_before(diff), None) if diff.is_rename else None
        if text is not None:
            self._after[path] = SourceFile(path, text)

    def _skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1

    def _applied(self, path: str, diff: FileDiff) -> PostImage | None:
        for before in self._texts_before(diff):
            done = text_after(path, before, diff.hunks)
            if done is not None:
                return done
        return None

    def _texts_before(self, diff: FileDiff) -> Iterator[bytes]:
        """The texts that a patch may be meant for, likeliest first."""
        root, blob = self.tree.root, diff.old_blob
        names = list(dict.fromkeys(name for name in (diff.old_path, diff.new_path) if name is not None))
        held = [self._after[name].data for name in names if name in self._after]
        if root is not None:
            held += [text for name in names if (text := read_inside(root, name)) is not None]
        if blob and set(blob) != {"0"}:
            meant = next((text for text in held if blob_name(text, blob) == blob), None)
            if meant is None and root is not None:
                meant = read_blob(root, blob)
            if meant is not None:
                yield meant
        yield from held

    # The findings.

    def _free_name(self, path: str) -> str:
        """What to call a text: its path, unless other patches of the input change the same file."""
        return path if path not in self.views else f"{path}#{len(self.views)}"

    def _keep(self, result: FileResult, judge: Judge) -> None:
        image = judge.image
        source = image.source
        names = {other.path: self._name_of(other) for other in result.sources}
        name = names[source.path] = self._shown[source.path][1]
        view = self.views[name]
        if not image.is_whole and any(item.rule == FILE_NOT_ANALYSED for item in result.findings):
            self.notes.append(f"what the patch shows of {view.path or 'a file'} cannot be read as Rust")
        kept = []
        seen: list[tuple[tuple[str, ...], int | None]] = []
        for finding in result.findings:
            row = source.row(finding.span.start)
            shown = [source.line_text(above + 1) for above in range(max(0, row - _ALIKE), row + 1)]
            key = (str(view.path), finding.rule, finding.message, *shown)
            line = image.lines.get(row)
            if judge.counts(finding) and not self._was_seen(key, line):
                seen.append((key, line))
                related = tuple(
                    replace(label, path=names.get(label.path, label.path))
                    for label in finding.related
                    if judge.has_line(label)
                )
                message = _relined(finding.message, view)
                kept.append(replace(finding, path=name, message=message, related=related))
        for key, line in seen:
            self._seen.setdefault(key, set()).add(line)
        sources = tuple(SourceFile(names[other.path], other.data) for other in result.sources)
        self.results.append(replace(result, path=name, findings=tuple(kept), sources=sources))

    def _name_of(self, source: SourceFile) -> str:
        """The name of a text that findings refer to; one that no patch showed is counted as it is."""
        shown = self._shown.get(source.path)
        if shown is None or shown[0].data == source.data:
            return source.path if shown is None else shown[1]
        name = self._free_name(source.path)
        lines = {row: row + 1 for row in range(source.line_count)}
        self.views[name] = View(source.path, self.input_name, lines, {}, self._messages - 1)
        return name

    def _was_seen(self, key: tuple[str, ...], line: int | None) -> bool:
        """Whether an earlier part of the input showed the same: a patch may be quoted several times."""
        lines = self._seen.get(key)
        return lines is not None and (line is None or None in lines or line in lines)


def _relined(message: str, view: View) -> str:
    """A message whose lines, `(line 7)`, are those of the file, or of the mail where it does not tell them."""

    def counted(match: re.Match[str]) -> str:
        row = int(match[1]) - 1
        line = view.lines.get(row)
        if line is not None:
            return f"(line {line})"
        return f"(line {view.mail_lines[row]} of the mail)" if row in view.mail_lines else "(not shown)"

    return _LINE.sub(counted, message)


def _is_rust(image: PostImage) -> bool:
    """Whether a text of an unknown file is Rust: all of it parses."""
    parsed = parse_file(image.source)
    return parsed.refusal is None and not parsed.errors


def read_inside(root: Path, path: str) -> bytes | None:
    """The bytes of a file of the tree; None where there is none, or where a link leads out of the tree."""
    file = root / path
    try:
        real = Path(os.path.realpath(file))
        if not real.is_relative_to(os.path.realpath(root)) or not real.is_file():
            return None
        if real.stat().st_size > MAX_FILE_BYTES:
            return None
        return real.read_bytes()
    except (OSError, ValueError):
        return None
