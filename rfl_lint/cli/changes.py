"""`check --diff`: the findings of what the working tree changed against a revision, with the whole tree known."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.cli.job import Job
from rfl_lint.inputs.files import Target
from rfl_lint.inputs.git_objects import changes_against, top_of
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import read_patch
from rfl_lint.inputs.postimage import rows_added, rows_touched
from rfl_lint.report import Report
from rfl_lint.touched import touched_findings


class Rows(Struct, frozen=True):
    """The rows of a file that a change touches, and those of them that it wrote."""

    touched: frozenset[int]
    added: frozenset[int]


def changed_rows(targets: Mapping[str, Target], revision: str) -> dict[str, Rows]:
    """The rows of each target, by shown path, that differ from a revision; targets without any are left out.

    Raises UsageError where git does not know the revision, or the files.
    """
    roots = {target.tree.root for target in targets.values() if target.tree.root is not None}
    changed: dict[str, Rows] = {}
    for root in sorted(roots):
        top = top_of(root)
        for message in read_messages(changes_against(top, revision)):
            for diff in read_patch(message).files:
                if diff.new_path is not None and diff.hunks:
                    rows = Rows(rows_touched(diff.hunks), rows_added(diff.hunks))
                    changed[os.path.realpath(top / diff.new_path)] = rows
    found = {path: changed.get(os.path.realpath(target.file)) for path, target in targets.items()}
    return {path: each for path, each in found.items() if each is not None}


def narrowed(job: Job, rows: Mapping[str, Rows]) -> Job:
    """A job that reports only what touches some rows of its files."""
    touched = {path: each.touched for path, each in rows.items()}
    added = {path: each.added for path, each in rows.items()}

    def lint(texts: Mapping[str, bytes]) -> Report:
        report = job.lint(texts)
        return replace(report, findings=touched_findings(report, touched), unshown=(), skipped={})

    return replace(job, lint=lint, added=added)
