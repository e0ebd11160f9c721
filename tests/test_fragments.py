"""Rust hidden in macros and doc comments is found, at its own place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import FragmentKind, ParsedFile, kind_query, parse_file

UNSAFE = frozenset({"unsafe_block"})


def parsed(text: str, *, doc_code: bool = False) -> ParsedFile:
    return parse_file(SourceFile("a.rs", text.encode()), doc_code=doc_code)


def unsafe_places(file: ParsedFile) -> list[tuple[int, FragmentKind]]:
    return sorted(
        (
            (node.start_byte, fragment.kind)
            for fragment in file.fragments
            for node in kind_query(UNSAFE).search(fragment.root).get("unsafe_block", [])
        ),
        key=lambda place: place[0],
    )


CALLS = [
    "fn f() { pin_init!(T { a: unsafe { g() }, b <- h(unsafe { i() }) }) }",
    "fn f() { try_pin_init!(&this in T { a <- unsafe { g(this) }, _: { unsafe { h() } } }? Error) }",
    "fn f() { kernel::try_init!(T::<X> { a: 1, ..unsafe { zeroed() } } ? crate::error::Error) }",
    'fn f() { pr_info!("{} {x}", unsafe { g() }, x = unsafe { h() }) }',
    'fn f() { assert!(unsafe { *p } == 1, "\\"unsafe {{ }}"); }',
    "fn f() { warn_on!(unsafe { g() }); }",
    "items! { static A: u8 = unsafe { g() }; fn h() { unsafe { i() } } }",
    "fn f() { m!(a, m!(b, unsafe { c() })) }",
    "fn f() { m!(A => unsafe { c() }, B => { unsafe { d() } }) }",
    "fn f() { m!(@internal $ ? name: unsafe { c() }; other [unsafe { d() }]) }",
    "fn f() { paste!(let [< a _ b >] = unsafe { g() };) }",
    "quote! { fn #name() { unsafe { #inner(#(#args),*) } } }",
    "impl_x! { impl{T} HasX<Self> for Y<T> { self.x } unsafe { z() } }",
]


@pytest.mark.parametrize("text", CALLS)
def test_unsafe_blocks_in_macro_calls_keep_their_place(text: str) -> None:
    code = re.sub(r'"(\\.|[^"])*"', lambda match: " " * len(match[0]), text)
    expected = [match.start() for match in re.finditer(r"unsafe \{", code)]
    found = unsafe_places(parsed(text))
    assert [place for place, _ in found] == expected
    assert {kind for _, kind in found} == {FragmentKind.MACRO_CALL}


RULES = [
    "($x:expr) => { unsafe { g($x) } };",
    "($($x:ident),* $(,)?) => {{ $( let $x = unsafe { $crate::g::<$x>() }; )* h() }};",
    "($v:vis $n:ident $l:lifetime $b:block) => ( $v fn $n<$l>() { unsafe { g() } $b } );",
    "($($t:tt)*) => { unsafe impl $($t)* X for Y {} fn f() { unsafe { g() } } };",
    "($t:ty) => { impl A for $t { fn f(&self) -> $t { unsafe { self.0 } } } };",
    "($i:item) => { mod m { $i fn g() { unsafe { h() } } } };",
    "() => ( [< not rust ] );  ($x:expr) => [ m!(unsafe { $x }) ];",
]


@pytest.mark.parametrize("rule", RULES)
def test_unsafe_blocks_in_macro_rules_keep_their_place(rule: str) -> None:
    text = f"macro_rules! m {{ {rule} }}"
    expected = [match.start() for match in re.finditer(r"unsafe \{", text)]
    found = unsafe_places(parsed(text))
    assert [place for place, _ in found] == expected
    assert {kind for _, kind in found} == {FragmentKind.MACRO_RULES}


def test_doc_code_is_looked_into_on_demand_only() -> None:
    text = (
        "/// Text.\n///\n/// ```\n/// # use x::y;\n/// # unsafe { hidden() };\n"
        "/// let a = pin_init!(T {\n///     b <- unsafe { g() },\n/// });\n/// unsafe { tail() }\n/// ```\n"
        "///\n/// ```text\n/// unsafe { not_rust() }\n/// ```\n///\n"
        "/// ```no_run\n/// let c = move |\n///     slot,\n/// | -> u8 { unsafe { d() } };\n/// ```\nfn f() {}\n"
    )
    assert unsafe_places(parsed(text)) == []
    found = unsafe_places(parsed(text, doc_code=True))
    wanted = [match.start() for match in re.finditer(r"unsafe \{ (?!not_rust)", text)]
    assert [place for place, _ in found] == wanted
    assert {kind for _, kind in found} == {FragmentKind.DOC_CODE}


@pytest.mark.parametrize(
    ("info", "compiled"),
    [
        ("", True), ("rust", True), ("rust,no_run", True), ("should_panic", True), ("compile_fail,E0080", True),
        ("edition2021", True), ("ignore-arm", True), (" rust ", True),
        ("ignore", False), ("rust,ignore", False), ("ignore, no_run", False), ("rust ignore", False),
        ("text", False), ("text,ignore", False), ("c", False), ("console", False), ("plain", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_doc_code_is_what_rustdoc_compiles(fence: str, info: str, compiled: bool) -> None:
    text = f"//! {fence}{info}\n//! unsafe {{ f() }}\n//! {fence}\n"
    assert bool(unsafe_places(parsed(text, doc_code=True))) == compiled


def test_what_does_not_parse_is_counted() -> None:
    census = parsed("fn f() { m!(a => [b c](d)); m!(g(1)) }").census
    assert (census.met, census.parsed) == (2, 1)
    assert len(census.unparsed) == 1


def test_parents_cross_the_border_of_a_macro_call() -> None:
    file = parsed("fn f() { m!(n!(unsafe { g() })) }")
    node = next(
        node
        for fragment in file.fragments
        for node in kind_query(UNSAFE).search(fragment.root).get("unsafe_block", [])
    )
    kinds = [above.type for above in file.ancestors(node)]
    assert kinds.count("macro_invocation") == 2
    assert kinds[-1] == "source_file"
    assert "function_item" in kinds


def test_fragments_at_a_place_nest() -> None:
    text = "fn f() { m!(n!(unsafe { g() }), o!(p())) }"
    file = parsed(text)
    macros = [fragment.macro for fragment in file.fragments_at(text.index("unsafe"))]
    assert sorted(macros) == ["", "m", "n"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"fn f() {\0}", "NUL byte on line 1"),
        (b"// \n// \xff\n", "0xff on line 2"),
        (b"x" * 2_000_001, "larger than"),
        (b"fn f() { " + b"(" * 100_000 + b")" * 100_000 + b"; }", "nested"),
        (b"<" * 100_000, "does not parse"),
        (b'"' * 100_000, "does not parse"),
        (b";" * 1_000_000, "pieces of syntax"),
    ],
    ids=["nul", "latin", "large", "deep", "garbage", "quotes", "semicolons"],
)
def test_what_is_beyond_the_bounds_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    refusal = parse_file(SourceFile("a.rs", data)).refusal
    assert refusal is not None
    assert reason in refusal


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"fn f() {}", b"\xef\xbb\xbffn f() {}\r\n", b"fn f() {", b"}}}"]
)
def test_odd_but_harmless_text_is_looked_at(data: bytes) -> None:
    assert parse_file(SourceFile("a.rs", data)).refusal is None


TOKENS = st.lists(
    st.sampled_from(
        ["unsafe { a() }", "m!(", "m!{", "[", "]", "(", ")", "{", "}", "$x", "$(", ")*", "<-", ",", ";", "=>", "x",
         "\n", "// c\n", "#x", "[<", ">]", '"s"', "'a", "&this in", "? E", "}; }", "/// ```\n",
         "macro_rules! r { ($a:tt) => {"]
    ),
    max_size=40,
)  # fmt: skip


@given(TOKENS)
def test_any_tokens_leave_every_fragment_within_its_host(tokens: list[str]) -> None:
    file = parsed(" ".join(tokens), doc_code=True)
    size = len(file.source.data)
    for fragment in file.fragments:
        assert 0 <= fragment.span.start <= fragment.span.end <= size
        if fragment.host is not None:
            assert fragment.host.start_byte <= fragment.span.start
            assert fragment.span.end <= fragment.host.end_byte
            assert not fragment.root.has_error
    starts = [fragment.span.start for fragment in file.fragments[1:]]
    assert starts == sorted(starts)


def test_what_the_parser_made_nothing_of_is_marked() -> None:
    text = "fn a() { unsafe { x() } }\n$ ) unsafe { y() }\nfn b() {}\n"
    file = parsed(text)
    assert file.refusal is None
    assert file.in_error(text.index(")", text.index("$")))
    assert not file.in_error(text.index("unsafe"))


def test_text_that_is_no_rust_is_refused() -> None:
    refusal = parsed("Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n" * 20).refusal
    assert refusal is not None
    assert "does not parse as Rust" in refusal


def test_fragments_within_a_span() -> None:
    text = "fn f() { m!(a()); n!(b(o!(c()))); }"
    file = parsed(text)
    within = file.fragments_within(Span(text.index("n!"), text.index(";", text.index("n!"))))
    assert [fragment.macro for fragment in within] == ["n", "o"]
