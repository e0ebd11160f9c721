"""Findings and facts after an edit: where what was known of the old text is in the new one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.fact_types import Contract
from rfl_lint.facts import (
    FileFacts,
    FunctionFact,
    ImplFact,
    MacroFact,
    ModuleFact,
    TypeFact,
    UseFact,
    extract_facts,
    mentioned_bindings,
)
from rfl_lint.finding import Edit, Finding, Fix, Label
from rfl_lint.source import Span
from rfl_lint.syntax import ParsedFile
from rfl_lint.syntax.focus import Change, Focus

Fact = TypeVar("Fact", TypeFact, FunctionFact, ImplFact, UseFact, ModuleFact, MacroFact)


# How a message names a line of its own file.
_LINE: Final = re.compile(r"\bline (\d+)\b")


def moved_finding(finding: Finding, change: Change) -> Finding | None:
    """A finding in the new text; None if the change touched the text that it is about.

    Its fix goes where the change touched what would be edited.
    """
    if _reach(finding) <= change.start:
        return finding
    span = change.moved(finding.span)
    if span is None:
        return None
    message = finding.message
    if change.rows and "line " in message:
        message = _LINE.sub(lambda found: f"line {change.moved_line(int(found[1]))}", message)
    related = tuple(
        replace(label, span=change.stretched(label.span)) if _is_here(label, finding) else label
        for label in finding.related
    )
    return replace(finding, span=span, message=message, related=related, fix=_moved_fix(finding.fix, change))


def _reach(finding: Finding) -> int:
    """Where the last thing ends that a finding names in its file."""
    ends = [finding.span.end, *(label.span.end for label in finding.related)]
    return max([*ends, *(edit.span.end for edit in finding.fix.edits)] if finding.fix is not None else ends)


def _is_here(label: Label, finding: Finding) -> bool:
    return label.path in ("", finding.path)


def _moved_fix(fix: Fix | None, change: Change) -> Fix | None:
    edits: list[Edit] = []
    for edit in fix.edits if fix is not None else ():
        span = change.moved(edit.span)
        if span is None:
            return None
        edits.append(replace(edit, span=span))
    return replace(fix, edits=tuple(edits)) if fix is not None else None


def moved_facts(facts: FileFacts, parsed: ParsedFile, focus: Focus) -> tuple[FileFacts, bool]:
    """What a file says after an edit, what is in the focus, or around it, read anew.

    And whether that is what it said before but for the places.
    """
    change, span = focus.change, focus.span
    if focus.is_empty:
        fresh, span = FileFacts(facts.path), Span(-1, -1)
    else:
        fresh = extract_facts(parsed, span)
    differ = False

    def merged(old: Sequence[Fact], new: Sequence[Fact]) -> tuple[Fact, ...]:
        nonlocal differ
        moved = [_moved(fact, change) for fact in old]
        gone: list[Fact] = [fact for fact in moved if fact.span.overlaps(span)]
        come: list[Fact] = [fact for fact in new if fact.span.overlaps(span)]
        differ = differ or without_places((*gone,)) != without_places((*come,))
        if gone or come:
            moved = [fact for fact in moved if not fact.span.overlaps(span)] + come
        return tuple(sorted(moved, key=_place))

    uses = merged(facts.uses, fresh.uses)
    now = FileFacts(
        facts.path,
        merged(facts.types, fresh.types),
        merged(facts.functions, fresh.functions),
        merged(facts.impls, fresh.impls),
        uses,
        merged(facts.modules, fresh.modules),
        merged(facts.macros, fresh.macros),
        facts.bindings if focus.is_empty else mentioned_bindings(parsed.source.data, uses),
        facts.sections if focus.is_empty else fresh.sections,
    )
    return now, not differ


def _place(fact: Fact) -> tuple[int, int]:
    return (fact.span.start, -fact.span.end)


def _moved(fact: Fact, change: Change) -> Fact:
    """A fact in the new text, and all places that it names."""
    span = change.stretched(fact.span)
    if span == fact.span:
        return fact
    if isinstance(fact, TypeFact):
        return replace(
            fact,
            span=span,
            fields=tuple(replace(each, span=change.stretched(each.span)) for each in fact.fields),
            contract=_moved_contract(fact.contract, change),
            invariants=_moved_contract(fact.invariants, change),
        )
    if isinstance(fact, FunctionFact):
        return replace(fact, span=span, contract=_moved_contract(fact.contract, change))
    return replace(fact, span=span)


def _moved_contract(contract: Contract | None, change: Change) -> Contract | None:
    return replace(contract, span=change.stretched(contract.span)) if contract is not None else None


def without_places(value: object) -> object:
    """Facts as plain values, without where in the file they stand."""
    if isinstance(value, Span):
        return None
    if isinstance(value, tuple):
        return tuple(without_places(each) for each in value)
    if isinstance(value, Struct):
        return tuple(without_places(getattr(value, name)) for name in value.__struct_fields__)
    return value
