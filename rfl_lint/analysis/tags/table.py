"""What `data/comment_tags.toml` says: for each tag what asks for it, and what it may speak of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from rfl_lint.analysis.code.calls import Call, CallForm
from rfl_lint.analysis.code.full_paths import resolved
from rfl_lint.rule import Context

_METHOD: Final = re.compile(r"\.(?P<name>\w+)(?P<arguments>\([_, ]*\))?")


class FunctionName(Struct, frozen=True):
    """A function that a tag names: the end of its path, or all of it; with an empty `owner`, a method by name alone.

    All of it begins with a crate: `kernel` or another of the tree, or `crate`, which is that of the code at hand.
    """

    name: str
    owner: tuple[str, ...] = ()
    arguments: int | None = None
    is_method: bool = False

    def is_path(self, path: tuple[str, ...]) -> bool:
        """Whether a full path ends in this one."""
        own = (*self.owner, self.name)
        return not self.is_method and path[-len(own) :] == own

    def is_rooted(self, cx: Context) -> bool:
        """Whether this is a full path."""
        return bool(self.owner) and (
            self.owner[0] == "crate" or cx.index.names.crate(self.owner[0]) is not None
        )

    def full_path(self, cx: Context) -> tuple[str, ...] | None:
        """The path where it is defined, as seen from a file; None if this is the end of a path, or of no such crate."""
        if not self.is_rooted(cx):
            return None
        return resolved((*self.owner, self.name), cx.index.names.home(cx.path), cx.index.names)

    def fits(self, call: Call) -> bool:
        """Whether a method call has this name and number of arguments."""
        if call.form is not CallForm.METHOD or call.name != self.name:
            return False
        return self.arguments is None or len(call.arguments) == self.arguments


class Tag(Struct, frozen=True, dict=True):
    """One tag. `strict_macros` ask for a comment only in the strict part of a rule."""

    name: str
    kinds: frozenset[str] = frozenset()
    functions: tuple[FunctionName, ...] = ()
    macros: frozenset[str] = frozenset()
    strict_macros: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    any_call: bool = False
    harmless: tuple[str, ...] = ()

    @cached_property
    def named(self) -> frozenset[str]:
        """The last names of all functions."""
        return frozenset(function.name for function in self.functions)

    @cached_property
    def mentions(self) -> re.Pattern[bytes]:
        """Any word that gives a comment with this tag something to speak of."""
        return _any_of({*self.words, *self.named, *self.macros, *self.strict_macros})

    @cached_property
    def names(self) -> re.Pattern[bytes]:
        """Any name of a function or macro that asks for a comment, called or imported."""
        return _any_of({*self.named, *self.macros})

    @cached_property
    def strict_names(self) -> re.Pattern[bytes]:
        """The same, of what asks for one in the strict part of a rule."""
        return _any_of({*self.named, *self.macros, *self.strict_macros})

    @cached_property
    def cannot(self) -> re.Pattern[bytes]:
        """The names of functions that are nothing to speak of, though any call may be."""
        return _any_of(set(self.harmless))


class TagTable(Struct, frozen=True):
    """All tags, the macros that are looked through, and the attributes and derives that make no code."""

    tags: Mapping[str, Tag]
    transparent: frozenset[str]
    inert_attributes: frozenset[str] = frozenset()
    inert_derives: frozenset[str] = frozenset()


def tag_table(cx: Context) -> TagTable:
    """The table as it holds for the run at hand."""
    return _arranged(cx.table("comment_tags"))


# One arrangement for each table that was met: what a run reads is the same object every time.
_MADE: Final[dict[int, tuple[Mapping[str, Any], TagTable]]] = {}


def _arranged(raw: Mapping[str, Any]) -> TagTable:
    made = _MADE.get(id(raw))
    if made is None:
        tags = {name: _tag(name, entry) for name, entry in raw["tags"].items()}
        lists = ("transparent_macros", "inert_attributes", "inert_derives")
        made = _MADE[id(raw)] = (raw, TagTable(tags, *(frozenset(raw.get(key, ())) for key in lists)))
    return made[1]


def _tag(name: str, entry: Mapping[str, Any]) -> Tag:
    return Tag(
        name,
        kinds=frozenset(entry.get("kinds", ())),
        functions=tuple(_function(text) for text in entry.get("functions", ())),
        macros=frozenset(entry.get("macros", ())),
        strict_macros=frozenset(entry.get("strict_macros", ())),
        words=tuple(entry.get("words", ())),
        any_call=entry.get("calls") == "may",
        harmless=tuple(entry.get("harmless", ())),
    )


def _function(text: str) -> FunctionName:
    method = _METHOD.fullmatch(text)
    if method is None:
        *owner, name = text.split("::")
        return FunctionName(name, tuple(owner))
    listed = method["arguments"]
    count = None if listed is None else listed.count("_")
    return FunctionName(method["name"], arguments=count, is_method=True)


def _any_of(words: set[str]) -> re.Pattern[bytes]:
    if not words:
        return re.compile(rb"(?!)")
    texts = sorted(re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"\b(?:{'|'.join(texts)})\b".encode())
