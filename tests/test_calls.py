"""Every form a call can be written in, taken apart."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.code.calls import (
    CALL_KINDS,
    Call,
    CallForm,
    call_of,
    called_name,
    nodes_below,
    path_of,
    unwrapped,
)
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, ParsedFile, kind_query, parse_file


def parsed_call(expression: str) -> tuple[Call, ParsedFile]:
    parsed = parse_file(SourceFile("a.rs", f"fn f() {{ {expression}; }}".encode()))
    found = kind_query(CALL_KINDS).search(parsed.root)
    nodes = sorted(
        (node for nodes in found.values() for node in nodes), key=lambda node: node.start_byte - node.end_byte
    )
    call = call_of(nodes[0], parsed)
    assert call is not None
    return call, parsed


@pytest.mark.parametrize(
    ("expression", "form", "path", "name"),
    [
        ("f(x)", CallForm.PATH, (), "f"),
        ("f::<T>(x)", CallForm.PATH, (), "f"),
        ("A::b::<T>::c(x)", CallForm.PATH, ("A", "b"), "c"),
        ("Box::<_, A>::new(x)", CallForm.PATH, ("Box",), "new"),
        ("<Vec<T>>::push(x)", CallForm.PATH, ("Vec",), "push"),
        ("<Self as VecExt<_>>::push(x)", CallForm.PATH, ("Self",), "push"),
        ("<[u8]>::to_vec(x)", CallForm.PATH, (), "to_vec"),
        ("::alloc::boxed::Box::new(x)", CallForm.PATH, ("alloc", "boxed", "Box"), "new"),
        ("super::g(x)", CallForm.PATH, ("super",), "g"),
        ("v.push(x)", CallForm.METHOD, (), "push"),
        ("v.iter().collect::<Vec<_>>()", CallForm.METHOD, (), "collect"),
        ("self.0(x)", CallForm.VALUE, (), ""),
        ("(self.hook)(x)", CallForm.VALUE, (), ""),
        ("f(x)(y)", CallForm.VALUE, (), ""),
        ("vec![x]", CallForm.MACRO, (), "vec"),
        ("kernel::macros::go!(x)", CallForm.MACRO, ("kernel", "macros"), "go"),
        ("r#try(x)", CallForm.PATH, (), "try"),
        ("a::r#mod::r#try(x)", CallForm.PATH, ("a", "mod"), "try"),
        ("x.r#try::<T>()", CallForm.METHOD, (), "try"),
        ("r#try!(x)", CallForm.MACRO, (), "try"),
    ],
)
def test_forms(expression: str, form: CallForm, path: tuple[str, ...], name: str) -> None:
    call, _ = parsed_call(expression)
    assert (call.form, call.path, call.name) == (form, path, name)


def texts(nodes: tuple[Node, ...], parsed: ParsedFile) -> list[str]:
    return [parsed.text(node) for node in nodes]


def test_arguments_leave_comments_and_attributes_out() -> None:
    call, parsed = parsed_call("f(#[cfg(A)] x, /* y */ z // w\n)")
    assert texts(call.arguments, parsed) == ["x", "z"]


def test_parts_of_a_method_call() -> None:
    call, parsed = parsed_call("self.list.collect::<Vec<_>>(GFP_KERNEL)")
    assert call.receiver is not None
    assert parsed.text(call.receiver) == "self.list"
    assert call.turbofish is not None
    assert parsed.text(call.turbofish) == "<Vec<_>>"
    assert texts(call.arguments, parsed) == ["GFP_KERNEL"]


def test_parts_of_a_qualified_call() -> None:
    call, parsed = parsed_call("<Self as alloc::VecExt<_>>::push(v, x)")
    assert call.trait == ("alloc", "VecExt")
    assert call.self_type is not None
    assert call.owner == "Self"
    assert texts(call.arguments, parsed) == ["v", "x"]


def test_owner_is_the_last_segment_before_the_name() -> None:
    assert parsed_call("kernel::alloc::KBox::new(x)")[0].owner == "KBox"
    assert parsed_call("f(x)")[0].owner == ""


def test_metavariables_keep_their_dollar() -> None:
    text = b"macro_rules! m { ($x:expr) => { $crate::alloc::KBox::new($x) }; }"
    parsed = parse_file(SourceFile("a.rs", text))
    (node,) = kind_query(frozenset({"call_expression"})).search(parsed.fragments[1].root)["call_expression"]
    call = call_of(node, parsed)
    assert call is not None
    assert call.path == ("$crate", "alloc", "KBox")


@pytest.mark.parametrize(
    "expression",
    ["g(&mut x)", "g((x))", "g(x?)", "g(x as usize)", "g(unsafe { x })", "g(unsafe { /* c */ (x?) } as u8)"],
)
def test_unwrapped(expression: str) -> None:
    call, parsed = parsed_call(expression)
    assert parsed.text(unwrapped(call.arguments[0])) == "x"


def test_path_of_a_type() -> None:
    parsed = parse_file(SourceFile("a.rs", b"type A = kernel::sync::Arc<T>; type B = &'static T;"))
    found = kind_query(frozenset({"type_item"})).search(parsed.root)["type_item"]
    types = [node.child_by_field_name("type") for node in found]
    assert [path_of(node, parsed) for node in types if node is not None] == [("kernel", "sync", "Arc"), ()]


def test_nodes_below_look_into_macro_calls_in_order() -> None:
    text = b"fn f() { a(); pin_init!(T { x <- new_mutex!(b()), y: vec![c()] }); d(); } fn g() { e(); }"
    parsed = parse_file(SourceFile("a.rs", text))
    function = kind_query(frozenset({"function_item"})).search(parsed.root)["function_item"][0]
    nodes = nodes_below(parsed, function, frozenset({"call_expression"}))
    assert texts(tuple(nodes), parsed) == ["a()", "b()", "c()", "d()"]


def test_nodes_below_take_a_token_once_and_bare_ones_where_there_is_no_code() -> None:
    parsed = parse_file(SourceFile("a.rs", b"fn f() { pr_info!(a); pr_info!(b, c()); d }"))
    nodes = nodes_below(parsed, parsed.root, frozenset({"identifier"}))
    assert texts(tuple(nodes), parsed) == ["f", "pr_info", "a", "pr_info", "b", "c", "d"]


@pytest.mark.parametrize(
    "expression",
    [
        "f(x)",
        "f::<T>(x)",
        "A::b::<T>::c(x)",
        "x.f(y)",
        "x.f::<T>(y)",
        "x.r#f(y)",
        "a::r#f(y)",
        "r#f(y)",
        "x . /* why */ f(y)",
        "(x.f)(y)",
        "x.0(y)",
    ],
)
def test_the_quick_look_gives_the_same_name(expression: str) -> None:
    call, parsed = parsed_call(expression)
    assert called_name(call.node, parsed) == call.name


def test_a_call_is_taken_apart_once() -> None:
    call, parsed = parsed_call("f(x)")
    assert call_of(call.node, parsed) is call
