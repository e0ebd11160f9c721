"""How a C function reports failure: from the comment above it, or from what the body of an inline one returns."""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.c.facts import Failure

_RETURNS: Final = re.compile(r"\breturns?\b(?: value)?s?\s*:?", re.IGNORECASE)
_NEXT_SECTION: Final = re.compile(
    r"\n[ \t]*+\*?[ \t]*+(?:context|note|locking|example|description)s?:", re.IGNORECASE
)
_DOCUMENTED: Final = re.compile(r"/\*\*\s*+[ \t*]*+(\w++)[ \t]*+(?:\([^)\n]*+\))?[ \t]*+(?:-|:|\n)")
_ERRNO: Final = re.compile(
    r"-E[A-Z][A-Z0-9]+\b|\bnegative\b|\berrno\b|\berror (?:code|number|value)|\b-?errno\b|< ?0\b|\bon error\b",
)
_ERR_PTR: Final = re.compile(
    r"\bERR_PTR\b|\bPTR_ERR\b|\bIS_ERR\b|\berror pointer|\berr_ptr\b|\berror-valued", re.IGNORECASE
)
_NULL: Final = re.compile(r"(?<!non-)(?<!non )(?<!never )(?<!not )(?<!!= )\bNULL\b")
_SIGNED: Final = frozenset({"int", "long", "ssize_t", "s32", "s64", "long int", "signed int", "loff_t"})
_RETURNS_ERRNO: Final = re.compile(rb"\breturn\s+\(?-E[A-Z][A-Z0-9]+\b")
_GIVES_ERR_PTR: Final = re.compile(
    rb"(?:\breturn|[^=!<>]=)\s*(?:\([^()]*\)\s*)?(?:ERR_PTR|ERR_CAST|IOMEM_ERR_PTR)\s*\("
)
# A body that sorts errors of others may hand on either kind.
_SPEAKS_OF_ERR_PTR: Final = re.compile(rb"\b(?:ERR_PTR|ERR_CAST|IS_ERR|IS_ERR_OR_NULL)\s*\(")
_RETURNS_NULL: Final = re.compile(rb"\breturn\s+NULL\b")
# What stands for a function whose option is off says nothing of what the function itself does with NULL.
_STUB: Final = re.compile(rb"\s*return\s+NULL\s*;\s*")


def failure_of(name: str, returns: str, comment: str, body: bytes) -> Failure:
    """How the function fails, UNKNOWN where neither tells. `body` is what stands between its braces."""
    if returns == "void":
        return Failure.NONE
    said = _said(name, comment)
    if returns.endswith("*"):
        if _ERR_PTR.search(said) or _GIVES_ERR_PTR.search(body):
            return Failure.ERR_PTR
        if _NULL.search(said):
            return Failure.NULL
        if _SPEAKS_OF_ERR_PTR.search(body) or _STUB.fullmatch(body):
            return Failure.UNKNOWN
        if _RETURNS_NULL.search(body):
            return Failure.NULL
    elif returns in _SIGNED and (_ERRNO.search(said) or _RETURNS_ERRNO.search(body)):
        return Failure.ERRNO
    return Failure.UNKNOWN


def _said(name: str, comment: str) -> str:
    """What a comment says of the result; nothing if it documents something else."""
    if not comment:
        return ""
    title = _DOCUMENTED.match(comment)
    if title is not None and title[1] not in {name, f"{name}_noprof", f"__{name}", f"rust_helper_{name}"}:
        return ""
    # The last mention is the section; earlier ones are prose that may say "return" of anything.
    mentions = list(_RETURNS.finditer(comment))
    section = next((match for match in reversed(mentions) if match[0].endswith(":")), None)
    start = section or (mentions[0] if mentions else None)
    if start is None:
        return ""
    text = comment[start.end() :]
    following = _NEXT_SECTION.search(text)
    return text[: following.start()] if following else text
