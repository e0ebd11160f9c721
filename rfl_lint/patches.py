"""What a patch adds to the findings of a tree: its texts are linted, and findings that it did not touch fall away.

A finding counts if its span, or a related place in the same function, touches a line that the patch added or the
first line behind one that it deleted. Where a patch shows only parts of a file, a finding whose verdict could change
with what is not shown does not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rfl_lint.batch import Plan, lint_texts
from rfl_lint.engine import FileResult
from rfl_lint.finding import Finding
from rfl_lint.inputs.files import Target
from rfl_lint.inputs.git_objects import blob_name, read_blob
from rfl_lint.inputs.patch import FileDiff, Patch
from rfl_lint.inputs.postimage import PostImage, already_applied, apply_patch, new_file
from rfl_lint.inputs.snippet import shown_text
from rfl_lint.report import Report, View
from rfl_lint.rule import Extent
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Node, ParsedFile, parse_file
from rfl_lint.syntax.limits import MAX_FILE_BYTES
from rfl_lint.tree import KERNEL_ROLES, KernelTree

# Where a patch does not tell which file it changes, the text counts as an abstraction.
_UNKNOWN: Final = "rust/kernel/unknown_{}.rs"
_LINE: Final = re.compile(r"\(line (\d{1,7})\)")
# Findings in quotes of one patch are the same if that many lines above them are.
_ALIKE: Final = 3
_CONTAINERS: Final = frozenset(
    {
        "block",
        "declaration_list",
        "source_file",
        "match_block",
        "field_initializer_list",
        "field_declaration_list",
    }
)
_ITEMS: Final = frozenset({"function_item", "impl_item", "trait_item", "mod_item"})


@dataclass
class PatchRun:
    """Lints patches one after the other; each stands on what the ones before it left."""

    tree: KernelTree
    plan: Plan
    extents: Mapping[str, Extent]
    input_name: str = "<stdin>"
    results: list[FileResult] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    _messages: int = 0
    _after: dict[str, SourceFile] = field(default_factory=dict)
    _seen: dict[tuple[str, ...], set[int | None]] = field(default_factory=dict)

    def lint(self, patch: Patch) -> None:
        """Lint the texts that one patch leaves, and keep what it added."""
        self.notes += patch.notes
        self._messages += 1
        for line, name in patch.refused:
            self.errors.append(
                f"line {line}: the patch names {name!r}, which leads out of the tree: not looked at"
            )
        images: list[tuple[PostImage, str | None]] = []
        for diff in patch.files:
            found = self._image(diff)
            if found is not None:
                images.append((found, diff.path))
        if not images:
            return
        names = {image.source.path for image, _ in images}
        around = [source for path, source in self._after.items() if path not in names]
        sources = [image.source for image, _ in images]
        targets = [self._target(source.path) for source in sources]
        for result, (image, path) in zip(
            lint_texts(sources, targets, self.plan, around), images, strict=True
        ):
            self._keep(result, image, path)
            if image.is_whole and path is not None:
                self._after[image.source.path] = image.source

    def _target(self, path: str) -> Target:
        root = self.tree.root if self.tree.root is not None else Path()
        return Target(root / path, path, self.tree)

    # The text.

    def _image(self, diff: FileDiff) -> PostImage | None:
        path = diff.path
        if path is None:
            image = shown_text(_UNKNOWN.format(diff.mail_line), diff)
            return image if _is_rust(image) else None
        if not path.endswith(".rs"):
            self._skip("not Rust")
            return None
        if diff.is_deleted or diff.is_binary or not diff.hunks:
            self._after.pop(diff.old_path or "", None)
            self._skip("deleted, or no change of the text")
            return None
        role = self.tree.role(path)
        if role not in KERNEL_ROLES:
            self._skip(str(role))
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

    def _skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1

    def _applied(self, path: str, diff: FileDiff) -> PostImage | None:
        for before in self._texts_before(diff):
            done = apply_patch(path, before, diff.hunks)
            if done is not None:
                return done
            done = already_applied(path, before, diff.hunks)
            if done is not None:
                return done
        return None

    def _texts_before(self, diff: FileDiff) -> Iterator[bytes]:
        """The texts that a patch may be meant for, likeliest first."""
        root = self.tree.root
        names = list(dict.fromkeys(name for name in (diff.old_path, diff.new_path) if name is not None))
        for name in names:
            if name in self._after:
                yield self._after[name].data
        held: list[bytes] = []
        if root is not None:
            for name in names:
                text = read_inside(root, name)
                if text is not None:
                    held.append(text)
            blob = diff.old_blob
            if blob and set(blob) != {"0"} and not any(blob_name(text, blob) == blob for text in held):
                text = read_blob(root, blob)
                if text is not None:
                    yield text
        yield from held

    # The findings.

    def _keep(self, result: FileResult, image: PostImage, path: str | None) -> None:
        source = image.source
        name = source.path
        while name in self.views:
            name += "+"  # the same file, changed by another patch of the series
        view = self.views[name] = View(
            path, self.input_name, image.lines, image.mail_lines, self._messages - 1, image.message_rows
        )
        judge = _Judge(image, self.extents)
        kept = []
        seen: list[tuple[tuple[str, ...], int | None]] = []
        for finding in result.findings:
            row = source.row(finding.span.start)
            shown = [source.line_text(above + 1) for above in range(max(0, row - _ALIKE), row + 1)]
            key = (str(path), finding.rule, finding.message, *shown)
            line = image.lines.get(row)
            if judge.counts(finding) and not self._was_seen(key, line):
                seen.append((key, line))
                kept.append(replace(finding, path=name, message=_relined(finding.message, view)))
        for key, line in seen:
            self._seen.setdefault(key, set()).add(line)
        sources = (
            SourceFile(name, source.data),
            *(other for other in result.sources if other.path != source.path),
        )
        self.results.append(replace(result, path=name, findings=tuple(kept), sources=sources))

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


class _Judge:
    """Which findings of a text count for the patch that left it."""

    def __init__(self, image: PostImage, extents: Mapping[str, Extent]) -> None:
        self.image = image
        self.source = image.source
        self.extents = extents
        self._parsed: ParsedFile | None = None

    @property
    def parsed(self) -> ParsedFile:
        if self._parsed is None:
            self._parsed = parse_file(self.source)
        return self._parsed

    def counts(self, finding: Finding) -> bool:
        """Whether the patch touched a finding, and shows all that the finding depends on."""
        if not self._touches(finding.span) and not self._touches_related(finding):
            return False
        return self.image.is_whole or self._is_shown(finding)

    def _rows(self, span: Span) -> range:
        return range(self.source.row(span.start), self.source.row(max(span.start, span.end - 1)) + 1)

    def _touches(self, span: Span) -> bool:
        touched = self.image.touched
        return any(row in touched for row in self._rows(span))

    def _touches_related(self, finding: Finding) -> bool:
        labels = [label.span for label in finding.related if not label.path and self._touches(label.span)]
        if not labels or self.parsed.refusal is not None:
            return False
        function = self._item_around(finding.span.start, frozenset({"function_item"}))
        return function is not None and any(
            function.start_byte <= span.start < function.end_byte for span in labels
        )

    # Where only parts are shown.

    def _is_shown(self, finding: Finding) -> bool:
        row = self.source.row(finding.span.start)
        if row not in self.image.lines:
            return False
        extent = self.extents.get(finding.rule, Extent.STATEMENT)
        piece = next((p for p in self.image.pieces if p[0] <= row < p[1]), None)
        if extent is Extent.FILE or piece is None or self.parsed.refusal is not None:
            return False
        if extent is Extent.FUNCTION:
            item = self._item_around(finding.span.start, _ITEMS)
            if item is None or not self._within(item, piece):
                return False
        return self._above_is_shown(finding.span.start, piece)

    def _within(self, node: Node, piece: tuple[int, int]) -> bool:
        return piece[0] <= self.source.row(node.start_byte) and self.source.row(node.end_byte - 1) < piece[1]

    def _above_is_shown(self, offset: int, piece: tuple[int, int]) -> bool:
        """Whether it can be seen what stands above the statement, field or item of a place, comments included."""
        comment = self._comment_at(offset)
        if comment is not None:
            return self._below_is_shown(comment, piece)
        node = self._contained(offset)
        row = self.source.row(node.start_byte) if node is not None else self.source.row(offset)
        if row < piece[0]:
            return False
        if self.image.lines.get(piece[0]) == 1:
            return True
        return any(_is_code(self.source.row_bytes(above)) for above in range(piece[0], row))

    def _below_is_shown(self, comment: Span, piece: tuple[int, int]) -> bool:
        """Whether all of the code that a comment may speak for is there."""
        for row in range(self.source.row(comment.end - 1) + 1, piece[1]):
            raw = self.source.row_bytes(row)
            if _is_code(raw):
                offset = self.source.line_starts[row] + len(raw) - len(raw.lstrip())
                node = self._contained(offset)
                return node is not None and self._within(node, piece)
        return False

    def _comment_at(self, offset: int) -> Span | None:
        return next((span for span in self.parsed.comments if span.start <= offset < span.end), None)

    def _contained(self, offset: int) -> Node | None:
        """The statement, arm, field or item that a byte lies in."""
        node = self._node_at(offset)
        while node is not None:
            parent = self.parsed.parent(node)
            if parent is None or parent.type in _CONTAINERS:
                return node
            node = parent
        return None

    def _item_around(self, offset: int, kinds: frozenset[str]) -> Node | None:
        node = self._node_at(offset)
        while node is not None and node.type not in kinds:
            node = self.parsed.parent(node)
        return node

    def _node_at(self, offset: int) -> Node | None:
        fragment = list(self.parsed.fragments_at(offset))[-1]
        return fragment.root.descendant_for_byte_range(offset, offset + 1)


def _is_code(row: bytes) -> bool:
    text = row.strip()
    return bool(text) and not text.startswith((b"//", b"/*", b"*", b"#[", b"#!["))


def touched_findings(report: Report, rows: Mapping[str, frozenset[int]]) -> tuple[Finding, ...]:
    """The findings of whole files that touch some rows, by shown path: what `check --diff` is about."""
    judges: dict[str, _Judge] = {}
    kept = []
    for finding in report.findings:
        source = report.source(finding.path)
        touched = rows.get(finding.path, frozenset())
        if source is None or not touched:
            continue
        if finding.path not in judges:
            last = max(0, source.line_count - 1)
            image = PostImage(source, frozenset(min(row, last) for row in touched), {}, {}, {})
            judges[finding.path] = _Judge(image, {})
        if judges[finding.path].counts(finding):
            kept.append(finding)
    return tuple(kept)
