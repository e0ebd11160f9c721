"""What git has of a checkout besides its files: blobs by name, and patches of commits."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from rfl_lint.errors import UsageError
from rfl_lint.inputs.git import run_git
from rfl_lint.syntax.limits import MAX_FILE_BYTES

_SHA1_LENGTH: Final = 40


def blob_name(data: bytes, like: str) -> str:
    """The name that git gives a text, as long as `like` is."""
    make = hashlib.sha256 if len(like) > _SHA1_LENGTH else hashlib.sha1
    return make(b"blob %d\0" % len(data) + data).hexdigest()[: len(like)]


def read_blob(root: Path, name: str) -> bytes | None:
    """The text of a blob that the checkout's own store has; None where it has none, or git is missing."""
    done = run_git(root, ["cat-file", "blob", name])
    if done is None or done.returncode != 0 or len(done.stdout) > MAX_FILE_BYTES:
        return None
    return done.stdout


def patches_of(root: Path, span: str) -> bytes:
    """The commits of a range as `git format-patch` writes them, oldest first; raises UsageError naming the range."""
    options = [
        "--stdout",
        "--no-ext-diff",
        "--no-textconv",
        "--full-index",
        "--find-renames",
        "--no-signature",
        "--no-show-signature",
        "--submodule=short",
    ]
    return _printed(root, ["format-patch", *options, span, "--"], span)


def changes_against(root: Path, revision: str) -> bytes:
    """The working tree against a revision as a diff of the Rust files; raises UsageError naming the revision."""
    options = [
        "--no-ext-diff",
        "--no-textconv",
        "--full-index",
        "--find-renames",
        "--no-color",
        "--ignore-submodules=all",
        "--src-prefix=a/",
    ]
    known = revision
    if revision == "HEAD" and not _has_head(root):
        known = os.fsdecode(_printed(root, ["hash-object", "-t", "tree", "--stdin"], "tree").strip())
    command = ["diff", *options, "--dst-prefix=b/", "--unified=0", known, "--", "*.rs"]
    return _printed(root, command, revision, reads_files=True)


def _has_head(root: Path) -> bool:
    """Whether there is a commit yet: before the first one everything is a change."""
    done = run_git(root, ["rev-parse", "--verify", "--quiet", "HEAD"])
    return done is None or done.returncode == 0


def top_of(folder: Path) -> Path:
    """The top of the checkout that a folder lies in; raises UsageError where it lies in none."""
    return Path(os.fsdecode(_printed(folder, ["rev-parse", "--show-toplevel"], "checkout").rstrip(b"\n")))


def _printed(root: Path, command: list[str], what: str, *, reads_files: bool = False) -> bytes:
    if what.startswith("-"):
        raise UsageError(f"{what!r} is no revision: it begins with a dash")
    done = run_git(root, command, reads_files=reads_files)
    if done is None:
        raise UsageError("git is needed for this, and cannot be started")
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"git has no {what} in {root}: {said[0] if said else 'no reason given'}")
    return done.stdout
