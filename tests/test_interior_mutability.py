"""Which types have a cell in them, as far as files tell."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.pointers.interior_mutability import Mutability, behind, mutability
from rfl_lint.analysis.types.typeref import parse_type
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tables import BUNDLED

NEAR = "drivers/t.rs"
ITEMS = """
use kernel::bindings;
use kernel::bindings::list_head;
struct Plain { a: u32, next: *mut Counter, b: [u8; 4], c: (bool, KVec<Counter>), f: unsafe extern "C" fn(u32) }
struct Counter { hits: UnsafeCell<u32> }
struct Deep { plain: Plain, inner: Option<Wrapped> }
struct Wrapped(Counter);
struct Generic<T> { value: T }
struct Held<T> { value: KBox<T> }
struct Unheard { plain: Plain, other: Elsewhere }
struct Ring { next: Option<Held<Ring>>, at: u32 }
struct Nothing;
enum Either { A(u32), B { left: u32, right: Counter } }
enum Flat { A, B(u32, bool), C { left: u32, right: u8 } }
type Alias<T> = Generic<T>;
struct OfC { head: bindings::list_head, other: list_head }
struct Mutex { name: u32 }
trait Trait {}
"""


def of(text: str) -> str:
    parsed = parse_file(SourceFile(NEAR, ITEMS.encode()))
    return mutability(parse_type(text), Index([extract_facts(parsed)]), NEAR, BUNDLED).value


@pytest.mark.parametrize(
    "text",
    ["Counter", "Wrapped", "Deep", "Generic<Counter>", "Generic<AtomicU32>", "Alias<Counter>", "Either", "SpinLock<u8>",
     "Opaque<bindings::x>", "[Counter; 4]", "(u32, Cell<u8>)", "Pin<Wrapped>", "MaybeUninit<Option<Counter>>"],
)  # fmt: skip
def test_a_cell_somewhere_in_it(text: str) -> None:
    assert of(text) == Mutability.CELL.value


@pytest.mark.parametrize(
    "text",
    ["u32", "str", "[u8]", "Plain", "Generic<u32>", "Generic<Plain>", "Alias<bool>", "Held<Counter>", "Flat", "Ring",
     "Nothing", "OfC", "bindings::device", "*mut Counter", "Arc<Counter>", "PhantomData<Counter>", "Option<Plain>"],
)  # fmt: skip
def test_no_cell_in_it(text: str) -> None:
    assert of(text) == Mutability.FROZEN.value


@pytest.mark.parametrize("text", ["Elsewhere", "Unheard", "Generic<T>", "T", "dyn Trait", "Trait", "Option"])
def test_not_to_be_told(text: str) -> None:
    assert of(text) == Mutability.UNKNOWN.value


def test_what_the_file_defines_goes_before_the_table() -> None:
    assert of("Mutex") == Mutability.FROZEN.value


def test_a_type_that_grows_with_each_level_ends() -> None:
    facts = extract_facts(parse_file(SourceFile(NEAR, b"struct T<A> { next: Option<T<(A, A)>>, at: u32 }")))
    assert mutability(parse_type("T<u8>"), Index([facts]), NEAR, BUNDLED) is Mutability.UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pin<KBox<Plain>>", "Plain"),
        ("&Arc<KBox<Counter>>", "Counter"),
        ("Plain", "Plain"),
        ("KBox<T>", "T"),
        ("Arc", None),
    ],
)
def test_what_a_smart_pointer_refers_to_in_the_end(text: str, expected: str | None) -> None:
    parsed = parse_file(SourceFile(NEAR, ITEMS.encode()))
    found = behind(parse_type(text), Index([extract_facts(parsed)]), NEAR, BUNDLED)
    assert (found.head if found is not None else None) == expected
