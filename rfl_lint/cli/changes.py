"""`check --diff`: the findings of what the working tree changed against a revision, with the whole tree known."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec.structs import replace

from rfl_lint.cli.job import Job
from rfl_lint.inputs.files import Target
from rfl_lint.inputs.git_objects import changes_against, top_of
from rfl_lint.inputs.mail import read_messages
from rfl_lint.inputs.patch import read_patch
from rfl_lint.inputs.postimage import rows_changed
from rfl_lint.report import Report
from rfl_lint.revision import Revision, Rows
from rfl_lint.touched import touched_findings


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
                    changed[os.path.realpath(top / diff.new_path)] = rows_changed(diff.hunks)
    found = {path: changed.get(os.path.realpath(target.file)) for path, target in targets.items()}
    return {path: each for path, each in found.items() if each is not None}


def narrowed(job: Job, rows: Mapping[str, Rows]) -> Job:
    """A job that reports only what touches some rows of its files."""
    limited = replace(job, rows=rows)

    def lint(texts: Mapping[str, Revision]) -> Report:
        report = job.lint(texts)
        touched = {path: each.touched for path, each in limited.rows_in(texts).items()}
        return replace(report, findings=touched_findings(report, touched), unshown=(), skipped={})

    return replace(limited, lint=lint)
