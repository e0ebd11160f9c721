"""Which calls allocate without flags, what the names in a file mean, and how a call is mended."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.allocation.fix import advice, repair
from rfl_lint.analysis.allocation.flagless import Fault, Flagless, flagless_call
from rfl_lint.analysis.allocation.table import Signature, allocations, is_allocating
from rfl_lint.analysis.code.calls import CALL_KINDS
from rfl_lint.analysis.code.origins import Named, Origin, in_userspace, names_at
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import kind_query, parse_file
from rfl_lint.tables import BUNDLED, load_table
from rfl_lint.tree import KERNEL_MARKER, Era, KernelTree, Role

TREES = {
    Era.OWN: KernelTree(),
    Era.EXTENSION_TRAITS: KernelTree(None, frozenset({KERNEL_MARKER, "rust/kernel/alloc/box_ext.rs"})),
    Era.UPSTREAM_ALLOC: KernelTree(None, frozenset({KERNEL_MARKER})),
}


def context(text: str, era: Era = Era.OWN, others: tuple[tuple[str, str], ...] = ()) -> Context:
    parsed = parse_file(SourceFile("drivers/a.rs", text.encode()))
    facts = [extract_facts(parse_file(SourceFile(path, each.encode()))) for path, each in others]
    own = extract_facts(parsed)
    return Context(parsed, TREES[era], Role.DRIVER, own, Index([own, *facts]), fragment=parsed.fragments[0])


def flagless(cx: Context) -> list[Flagless]:
    found = []
    for fragment in cx.parsed.fragments:
        cx.fragment = fragment
        nodes = [node for each in kind_query(CALL_KINDS).search(fragment.root).values() for node in each]
        for node in sorted(nodes, key=lambda node: node.start_byte):
            one = flagless_call(node, cx)
            if one is not None:
                found.append(one)
    cx.fragment = cx.parsed.fragments[0]
    return found


def names(text: str, era: Era = Era.OWN, others: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, Fault]]:
    return [(each.name, each.fault) for each in flagless(context(text, era, others))]


def mended(text: str, era: Era = Era.OWN) -> str | None:
    """The text after the fix of its one finding; None if there is no fix."""
    cx = context(text, era)
    (found,) = flagless(cx)
    fix = repair(found, cx)
    if fix is None:
        return None
    assert not fix.safe
    data = bytearray(cx.source.data)
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        data[edit.span.start : edit.span.end] = edit.text.encode()
    return data.decode()


@pytest.mark.parametrize(
    ("era", "expected"),
    [
        (Era.OWN, [("Box::new", Fault.FORGOTTEN), ("Box::try_new", Fault.OLD_NAME)]),
        (Era.EXTENSION_TRAITS, [("Box::new", Fault.FORGOTTEN), ("Box::try_new", Fault.OLD_NAME)]),
        (Era.UPSTREAM_ALLOC, [("Box::new", Fault.NO_CHOICE)]),
    ],
)
def test_the_era_decides(era: Era, expected: list[tuple[str, Fault]]) -> None:
    assert names("fn f() { Box::new(1); Box::new(1, GFP_KERNEL); Box::try_new(1); }", era) == expected


def test_a_tree_that_defines_the_call_as_it_stands_is_right() -> None:
    call = "fn f() { KBox::new(1); }"
    assert names(call) == [("KBox::new", Fault.FORGOTTEN)]
    other = ("rust/kernel/alloc/kbox.rs", "impl<T> KBox<T> { pub fn new(x: T) -> Result<Self> { go() } }")
    assert names(call, others=(other,)) == []


def test_a_function_of_the_tree_that_takes_flags_counts_without_the_table() -> None:
    other = (
        "drivers/pool.rs",
        "use kernel::alloc::Flags; impl Pool { pub fn new(n: usize, flags: Flags) -> Result<Self> { go() } }",
    )
    call = "use crate::pool::Pool; fn f() { Pool::new(1); Pool::new(1, GFP_KERNEL); }"
    assert names(call, others=(other,)) == [("Pool::new", Fault.FORGOTTEN)]
    other = (other[0], other[1].replace("kernel::alloc::Flags", "kernel::irq::Flags"))
    assert names(call, others=(other,)) == []


@pytest.mark.parametrize(
    ("use", "path", "expected"),
    [
        ("", "Arc", Named(Origin.UNSAID, ("Arc",))),
        ("use kernel::sync::Arc;", "Arc", Named(Origin.KERNEL, ("sync", "Arc"), "kernel")),
        ("use kernel::sync::{self, Arc as A};", "A", Named(Origin.KERNEL, ("sync", "Arc"), "kernel")),
        ("use kernel::sync;", "sync::Arc", Named(Origin.KERNEL, ("sync", "Arc"), "kernel")),
        ("use crate::pool::Arc;", "Arc", Named(Origin.KERNEL, ("pool", "Arc"), "crate")),
        ("use std::sync::Arc;", "Arc", Named(Origin.STANDARD, ("std", "sync", "Arc"), "std")),
        ("use arena::Arc;", "Arc", Named(Origin.OTHER, ("arena", "Arc"))),
        ("struct Arc;", "Arc", Named(Origin.LOCAL, ("Arc",))),
        ("type A = kernel::sync::Arc<u8>;", "A", Named(Origin.KERNEL, ("sync", "Arc"), "kernel")),
        ("", "alloc::vec::Vec", Named(Origin.STANDARD, ("alloc", "vec", "Vec"), "alloc")),
        ("", "alloc::KVec", Named(Origin.KERNEL, ("alloc", "KVec"), "kernel")),
        ("use a::Arc; use b::Arc;", "Arc", Named(Origin.OTHER, ("Arc",))),
        ('#[cfg(feature = "std")] use std::sync::Arc;', "Arc", Named(Origin.OTHER, ("Arc",))),
    ],
)
def test_what_a_name_means(use: str, path: str, expected: Named) -> None:
    assert names_at(context(use)).meaning(tuple(path.split("::"))) == expected


def test_names_belong_to_their_module() -> None:
    names = names_at(
        context("use kernel::sync::Arc; mod a { use std::sync::Arc; mod b {} } mod c { struct Arc; }")
    )
    found = {module: names.meaning(("Arc",), module).origin for module in ("", "a", "a::b", "c", "d")}
    assert found == {
        "": Origin.KERNEL, "a": Origin.STANDARD, "a::b": Origin.STANDARD, "c": Origin.LOCAL, "d": Origin.KERNEL
    }  # fmt: skip


def test_imports_that_lead_in_a_circle_end() -> None:
    assert names_at(context("use b as a; use a as b;")).meaning(("a", "new")).origin is Origin.OTHER


def test_which_types_the_table_means() -> None:
    assert is_allocating(Named(Origin.UNSAID, ("KBox",)), BUNDLED)
    assert is_allocating(Named(Origin.UNSAID, ("Rc",)), BUNDLED)
    assert not is_allocating(Named(Origin.UNSAID, ("Page",)), BUNDLED)
    assert is_allocating(Named(Origin.KERNEL, ("page", "Page"), "kernel"), BUNDLED)
    assert not is_allocating(Named(Origin.KERNEL, ("pool", "Page"), "crate"), BUNDLED)
    assert is_allocating(Named(Origin.KERNEL, ("Arc",), "super"), BUNDLED)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("#[cfg(test)]", True),
        ("#[cfg(all(test, CONFIG_X))]", True),
        ('#[cfg(feature = "alloc")]', True),
        ("#[cfg(not(test))]", False),
        ("#[cfg(CONFIG_TEST)]", False),
        ("#[cfg(test)]\n#[kunit_tests(demo)]", False),
        ("#[allow(test)]", False),
    ],
)
def test_what_is_built_for_user_space(attributes: str, expected: bool) -> None:
    cx = context(f"{attributes}\nmod m {{ fn f() {{ g(); }} }}")
    (node,) = kind_query(frozenset({"call_expression"})).search(cx.parsed.root)["call_expression"]
    assert in_userspace(node, cx) is expected


RESULT = "fn f() -> Result { %s; Ok(()) }"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("let a = Box::new(x)", "let a = KBox::new(x, GFP_KERNEL)?"),
        ("let a = Box::<u8>::new(x)", "let a = KBox::<u8>::new(x, GFP_KERNEL)?"),
        ("let a = Arc::new(x)?", "let a = Arc::new(x, GFP_KERNEL)?"),
        ("let a = KBox::new(x).ok()", "let a = KBox::new(x, GFP_KERNEL).ok()"),
        ("let a = KBox::new(x,)", "let a = KBox::new(x, GFP_KERNEL,)?"),
        ("let a = VBox::<u8>::zeroed()", "let a = VBox::<u8>::zeroed(GFP_KERNEL)?"),
        ("let a = Vec::with_capacity(n)", "let a = KVec::with_capacity(n, GFP_KERNEL)?"),
        ("let a = std::vec::Vec::with_capacity(n)", "let a = KVec::with_capacity(n, GFP_KERNEL)?"),
        ("let a = kernel::alloc::Box::new(x)", "let a = kernel::alloc::KBox::new(x, GFP_KERNEL)?"),
        ("let a = Box::try_new(x)?", "let a = KBox::new(x, GFP_KERNEL)?"),
        ("let a = vec![1, 2]", "let a = kernel::kvec![1, 2]?"),
        ("let mut v = KVec::new(); v.push(x)", "let mut v = KVec::new(); v.push(x, GFP_KERNEL)?"),
        ("Vec::new().try_push(x)?", "Vec::new().push(x, GFP_KERNEL)?"),
    ],
)
def test_fixes(before: str, after: str) -> None:
    assert mended(RESULT % before) == RESULT % after


def test_a_fix_keeps_the_names_of_the_era() -> None:
    before = RESULT % "let a = Box::new(x)"
    assert mended(before, Era.EXTENSION_TRAITS) == RESULT % "let a = Box::new(x, GFP_KERNEL)?"
    assert mended(before, Era.UPSTREAM_ALLOC) is None


@pytest.mark.parametrize(
    "text",
    [
        "fn f() -> u8 { let a = Box::new(x); 0 }",
        "fn f() -> fmt::Result { let a = Box::new(x); Ok(()) }",
        "fn f() -> Result { g(|| Box::new(x)); Ok(()) }",
        "fn f() -> Result<Box<u8>> { Box::new(x) }",
        "fn f() -> Result { pin_init!(T { a: Box::new(x) }); Ok(()) }",
        'fn f() -> Result { let a = format!("x"); Ok(()) }',
        "use std::sync::Arc; fn f() -> Result { let a = Arc::new(x); Ok(()) }",
        "use kernel::dma::Coherent; fn f() -> Result { let a = Coherent::init(d, i)?; Ok(()) }",
    ],
)
def test_no_fix_where_it_is_in_doubt(text: str) -> None:
    assert mended(text) is None


def test_advice_shows_where_the_flags_go() -> None:
    head = "use kernel::{dma::Coherent, workqueue::Queue}; "
    cx = context(head + "fn f(q: &Queue) { q.try_spawn(g); Coherent::init(d, i); KBox::zeroed(); }")
    texts = [advice(each, cx) for each in flagless(cx)]
    assert "`try_spawn(GFP_KERNEL, ..)?`" in texts[0]
    assert "`Coherent::init(.., GFP_KERNEL, ..)?`" in texts[1]
    assert "`KBox::zeroed(GFP_KERNEL)?`" in texts[2]


def test_the_table_is_sound() -> None:
    table = load_table("allocation")
    homes = table["modules"].keys() | table["imported_modules"].keys()
    assert not table["modules"].keys() & table["imported_modules"].keys()
    for row in table["flagged"]:
        assert row["source"]
        assert set(row["types"]) <= homes
        assert set(row["eras"]) <= {era.value for era in Era}
        assert all(each["flags"] < each["arguments"] for each in row["functions"])
    for era in Era:
        assert set(table["instead"][era.value]) >= {"other", "text", "slice", "collect", "Rc", "String"}


def test_an_era_has_only_its_own_rows() -> None:
    key = ("KBox", "new")
    assert allocations(Era.OWN, BUNDLED).flagged[key] == Signature(2, 1, has_receiver=False)
    assert key not in allocations(Era.EXTENSION_TRAITS, BUNDLED).flagged
    assert not allocations(Era.UPSTREAM_ALLOC, BUNDLED).flagged
    assert not allocations(Era.UPSTREAM_ALLOC, BUNDLED).old
    assert "push" in allocations(Era.UPSTREAM_ALLOC, BUNDLED).methods
