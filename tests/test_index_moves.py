"""An index of files one of which is typed in: nothing that it says names a place where something was before."""

from __future__ import annotations

from rfl_lint.fact_types import FileFacts
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.index_moves import MovingIndex
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file

PATH, OTHER = "drivers/a.rs", "drivers/b.rs"
NAMES = [f"f{number}" for number in range(4)]
CALLS = frozenset({"msleep"})


def facts(text: str, path: str = PATH) -> FileFacts:
    return extract_facts(parse_file(SourceFile(path, text.encode())))


def test_what_is_found_between_two_moves_is_dropped_by_the_next_one() -> None:
    items = "".join(f"fn {name}() {{}}\n" for name in NAMES)
    other = facts("fn g() {}\n", OTHER)
    index = MovingIndex([facts(items), other])
    assert index.mentioning(CALLS) == ()
    index.functions("g", near=OTHER)
    index.move(facts(f"\n{items}"))
    for name in NAMES:
        index.functions(name, near=PATH)
        index.named(name)
    # The call is in no signature: all that it changes are places, and what the file mentions.
    text = f"\nfn f0() {{ bindings::msleep() }}\n{items.partition(chr(10))[2]}"
    index.move(facts(text))
    fresh = Index([facts(text), other])
    assert index.mentioning(CALLS) == fresh.mentioning(CALLS) == (PATH,)
    for name in NAMES:
        assert index.functions(name, near=PATH) == fresh.functions(name, near=PATH), name
        assert index.named(name) == fresh.named(name)
