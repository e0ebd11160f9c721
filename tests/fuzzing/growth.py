"""Work that grows faster than the text it is done for: every rule, on many of one construct in many forms.

What a rule looks at is in its fixtures. They are repeated, whole and in parts, in the forms that a text has: one after
another, in one function, in one macro call, in one comment, as arms, arguments, implementations. What is counted is
lines of Python that run, which is the same every time and on every machine.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

from msgspec import Struct

import rfl_lint
from rfl_lint.engine import Lint, lint_parsed
from rfl_lint.index import Index
from rfl_lint.rule import Rule
from rfl_lint.source import SourceFile
from rfl_lint.syntax import Node, parse_file
from rfl_lint.syntax.parser import parse
from rfl_lint.tree import KernelTree
from rfl_lint.workspace import Workspace, facts_of

Make = Callable[[int], bytes]
_HERE: Final = str(Path(rfl_lint.__file__).parent) + "/"
_PATH: Final = "drivers/x/a.rs"
_PIECE: Final = 400
_FORMS: Final[Mapping[str, tuple[str, str, str]]] = {
    # What comes before, what is repeated around a piece, `§` being its number, and what comes behind.
    "statements": ("fn f(p: *mut u8) {\n", "{ @ };\n", "}\n"),
    "one after another": ("fn f(p: *mut u8) {\n", "@;\n", "}\n"),
    "bindings": ("fn f(p: *mut u8) {\n", "let x = { @ };\n", "}\n"),
    "functions": ("", "fn f§(p: *mut u8) { @ }\n", ""),
    "functions of one name": ("", "fn f(p: *mut u8) { @ }\n", ""),
    "methods": ("struct T;\nimpl T {\n", "fn f§(&self, p: *mut u8) { @ }\n", "}\n"),
    "implementations": ("struct T;\n", "impl T { fn f§(&self, p: *mut u8) { @ } }\n", ""),
    "arms": ("fn f(p: *mut u8) { match p {\n", "§ => { @ }\n", "} }\n"),
    "elements": ("fn f(p: *mut u8) { let x = [\n", "{ @ },\n", "]; }\n"),
    "arguments": ("fn f(p: *mut u8) { g(\n", "{ @ },\n", "); }\n"),
    "fields": ("fn f(p: *mut u8) { let x = T {\n", "f§: { @ },\n", "}; }\n"),
    "macro": ("m! {\n", "fn f§(p: *mut u8) { @ }\n", "}\n"),
    "macro arguments": ("fn f(p: *mut u8) { pr_info!(\n", "{ @ },\n", "); }\n"),
    "macros": ("fn f(p: *mut u8) {\n", "m!({ @ });\n", "}\n"),
    "closures": ("fn f(p: *mut u8) {\n", "g(|x| { @ });\n", "}\n"),
    "initializer": ("fn f(p: *mut u8) -> impl PinInit<T> { pin_init!(T {\n", "f§ <- { @ },\n", "}) }\n"),
}
_LINES: Final[Mapping[str, tuple[str, str, str]]] = {
    "comment": ("", "// @\n", "unsafe fn f() { unsafe { g() } }\n"),
    "comment in code": ("fn f() {\n", "// @\n", "unsafe { g() };\n}\n"),
    "comments": ("", "// @\n\n", "unsafe fn f() { unsafe { g() } }\n"),
    "comments between": ("fn f() {\n", "// @\nunsafe { g() };\n", "}\n"),
    "comments behind": ("fn f() {\n", "unsafe { g() }; // @\n", "}\n"),
    "block comments": ("fn f() {\n", "/* @ */", "unsafe { g() };\n}\n"),
    "doc comment": ("", "/// @\n", "pub unsafe fn f() {}\n"),
    "safety section": ("/// # Safety\n///\n", "/// - @\n", "pub unsafe fn f() {}\n"),
    "inner doc comment": ("", "//! @\n", "\nfn f() {}\n"),
    "doc attributes": ("", '#[doc = "@"]\n', "pub unsafe fn f() {}\n"),
    "messages": ("fn f() {\n", 'pr_info!("@");\n', "}\n"),
    "suppressions": ("fn f() {\n", "// rfl-lint: allow(missing-safety-comment): @\nunsafe { g() };\n", "}\n"),
}
_OTHER: Final[Mapping[str, tuple[str, str, str]]] = {
    "allow": ("", "#[allow(clippy::undocumented_unsafe_blocks)]\n", "fn f() { unsafe { g() } }\n"),
    "allowed": ("#![allow(", "clippy::x§, ", ")]\nfn f() { unsafe { g() } }\n"),
    "cfg": ("", "#[cfg(CONFIG_X§)]\n", "fn f() { unsafe { g() } }\n"),
    "use": ("use kernel::{", "a§, ", "};\nfn f() { a1(); }\n"),
    "uses": ("", "use kernel::a§;\n", "fn f() { a1(); }\n"),
    "uses of one name": ("", "use kernel::a;\n", "fn f() { a(); }\n"),
    "globs": ("", "use crate::m§::*;\nmod m§ { pub fn x§() {} }\n", "fn f() { x1(); }\n"),
    "modules": ("", "mod m§ { pub fn f() { super::f() } }\n", "fn f() { m1::f() }\n"),
    "parameters": ("unsafe fn f(", "p§: *mut u8, ", ") { unsafe { *p1 = *p2 } }\n"),
    "type parameters": ("fn f<", "T§: Send, ", ">(p: *mut T1) { unsafe { p.read() } }\n"),
    "lifetimes": ("unsafe fn f<", "'a§, ", ">(p: *mut u8) -> &'a1 u8 { unsafe { &*p } }\n"),
    "where": ("unsafe impl<T> Send for S<T> where ", "T: A§, ", "{}\n"),
    "struct": ("struct S {\n", "f§: *mut u8,\n", "}\nunsafe impl Send for S {}\n"),
    "enum": ("enum E {\n", "V§(*mut u8),\n", "}\nunsafe impl Send for E {}\n"),
    "types with invariants": ("", "/// # Invariants\n///\n/// X.\nstruct S§(u8);\n", "fn f() { S1(0); }\n"),
    "unsafe traits": ("", "unsafe impl Send for S§ {}\nstruct S§(*mut u8);\n", ""),
    "drops": ("struct S;\n", "impl Drop for S { fn drop(&mut self) { unsafe { bindings::x(self.p) } } }\n", ""),
    "calls": ("unsafe fn g() {}\nfn f() {\n", "unsafe { g() };\n", "}\n"),
    "C calls": ("fn f(p: *mut bindings::device) {\n", "unsafe { bindings::get_device(p) };\n", "}\n"),
    "calls in one block": ("fn f() { unsafe {\n", "bindings::x(p, §);\n", "} }\n"),
    "calls of the next": ("", "fn f§() { f1() }\nfn g§() { f§(); h§() }\nfn h§() { g§() }\n", ""),
    "assignments": ("fn f(mut x: *mut u8) {\n", "x = y as *mut u8;\n", "unsafe { *x = 1 };\n}\n"),
    "casts": ("fn f(x: *mut u8) {\n", "g(x as *mut u8 as *mut _);\n", "}\n"),
    "locks": ("fn f(l: &SpinLock<u8>) {\n", "let g§ = l.lock(); msleep(1);\n", "}\n"),
    "guards of one name": ("fn f(l: &SpinLock<u8>) {\n", "let g = l.lock(); drop(g);\n", "}\n"),
    "returns": ("fn f() -> Result {\n", "let p = KBox::into_raw(b); x§()?;\n", "Ok(())\n}\n"),
    "elses": ("fn f(x: u8) { ", "if x == § { return; }\n", "}\n"),
    "indices": ("fn f(a: &[u8], x: usize) {\n", "let y = a[x];\n", "}\n"),
    "bounds": ("fn f(a: &[u8], x: usize) {\n", "if x < a.len() { a[x]; }\n", "}\n"),
    "boxes": ("fn f() {\n", "let b§ = KBox::into_raw(a); unsafe { KBox::from_raw(b§) };\n", "}\n"),
    "allocations": ("fn f() {\n", "KBox::new(§, GFP_KERNEL)?; Box::new(§); v.push(§, GFP_ATOMIC)?;\n", "}\n"),
    "C types": ("use core::ffi::c_int;\nfn f() {\n", "let x: c_int = core::ffi::c_int::MAX;\n", "}\n"),
    "empty lines": ("fn f() {\n", "\n", "unsafe { g() };\n}\n"),
    "one line": ("fn f() { ", "unsafe { g() }; ", "}\n"),
    "strings": ("fn f() { g(", '"x\\n", ', "); }\n"),
    "macro tokens": ("m!(", "a => b; unsafe { g() } ", ");\n"),
    "macro rules": ("macro_rules! m {\n", "(§ $x:expr) => { unsafe { g($x) } };\n", "}\n"),
    "doc code": ("", "/// ```\n/// unsafe { g() }\n/// ```\n", "fn f() {}\n"),
    "doc code of many lines": ("/// ```\n", "/// unsafe { g() };\n", "/// ```\nfn f() {}\n"),
    "letters": ("fn f() { let x = ", "a", "; }\n"),
    "broken": ("fn f() {\n", "unsafe { g( }\n", "}\n"),
}  # fmt: skip


def shapes(texts: Mapping[str, bytes]) -> Iterator[tuple[str, Make]]:
    """What to make of so many: forms of the pieces of some texts, by a name for each."""
    bodies, lines = [], []
    for text in texts.values():
        yield "whole", _form(("", "mod m§ {\n@\n}\n", ""), text)
        yield "whole, in a macro call", _form(("m! {\n", "mod m§ {\n@\n}\n", "}\n"), text)
        bodies += list(_bodies(text))
        lines += list(_words(text))
    body, line = _longest(bodies), _longest(lines)
    for name, form in _FORMS.items():
        yield name, _form(form, body)
    for name, form in _LINES.items():
        yield name, _form(form, line)


def others() -> Iterator[tuple[str, Make]]:
    """Forms that need no pieces."""
    for name, form in _OTHER.items():
        yield name, _form(form, b"")


def _form(form: tuple[str, str, str], piece: bytes) -> Make:
    before, each, behind = (part.encode() for part in form)
    each = each.replace(b"@", piece) if b"@" in each else each
    head, *tail = each.split("§".encode())

    def make(count: int) -> bytes:
        if not tail:
            return before + each * count + behind
        return before + b"".join(b"%d".__mod__(at).join((head, *tail)) for at in range(count)) + behind

    return make


def _bodies(text: bytes) -> Iterator[bytes]:
    """What stands in the functions of a text, where it holds no comment of a line's end."""
    for node in _nodes(text, "function_item"):
        body = node.child_by_field_name("body")
        if body is not None:
            inner = text[body.start_byte + 1 : body.end_byte - 1].strip()
            # A piece goes into the middle of things: its own line comments end there.
            yield inner + (b"\n" if b"//" in inner else b"")


def _words(text: bytes) -> Iterator[bytes]:
    for node in _nodes(text, "line_comment"):
        words = text[node.start_byte : node.end_byte].lstrip(b"/!").split(b"//~")[0].strip()
        if words and b'"' not in words:
            yield words


def _nodes(text: bytes, kind: str) -> Iterator[Node]:
    waiting = [parse(text).root_node]
    while waiting:
        node = waiting.pop()
        if node.type == kind:
            yield node
        waiting += node.children


def _longest(pieces: list[bytes]) -> bytes:
    """All of some pieces that go into one of no great length: the first of them, and what fits."""
    found = b""
    for piece in pieces:
        if piece and (not found or len(found) + len(piece) < _PIECE):
            found += (b" " if found else b"") + piece
    return found or b"x"


# Measuring.


class Work(Struct, frozen=True):
    """How much was done for a text: seconds of processor time where they are asked for, else lines by function."""

    seconds: float
    lines: Counter[str]


def work(text: bytes, rules: tuple[Rule, ...], *, timed: bool = False) -> Work:
    """What linting a text takes, all that is done for a file but for its parsing."""
    names = frozenset(rule.meta.name for rule in rules)
    lint = Lint(rules, names, doc_code=True, max_seconds=1e6)
    source = SourceFile(_PATH, text)
    space = Workspace(KernelTree(), {_PATH: source}.get, doc_code=True, kinds=lint.kinds, max_seconds=1e6)
    parsed = space.parse(source)
    lines: Counter[str] = Counter()

    def run() -> None:
        facts = facts_of(parsed, 1e6)
        space.index = Index([facts] if facts is not None else [])
        result = lint_parsed(parsed, lint, space, facts)
        for crash in result.crashes:
            raise AssertionError(crash.trace)

    if not timed:
        _count(run, lines)
        return Work(0, lines)
    begun = time.thread_time()
    run()
    return Work(time.thread_time() - begun, lines)


def _count(run: Callable[[], None], lines: Counter[str]) -> None:
    def step(frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            lines[f"{frame.f_code.co_filename.removeprefix(_HERE)}:{frame.f_code.co_qualname}"] += 1
        return (
            step if frame.f_code.co_filename.startswith(_HERE) else None
        )  # others' depend on other things too

    before = sys.gettrace()
    sys.settrace(step)
    try:
        run()
    finally:
        sys.settrace(before)


class Growth(Struct, frozen=True):
    """How much more work each further piece takes; `where` are the functions that do it, the worst first."""

    times: float
    where: tuple[str, ...]


def growth(make: Make, rules: tuple[Rule, ...], count: int = 8) -> Growth | None:
    """What the pieces after twice `count` take in lines, by what those before took; 2 where each takes the same.

    None for a text that is beyond what is analysed.
    """
    if is_refused(make(4 * count)):
        return None
    work(make(2), rules)  # what is loaded once
    some, more, most = (work(make(times * count), rules).lines for times in (1, 2, 4))
    first, second = more.total() - some.total(), most.total() - more.total()
    excess = {name: most[name] - more[name] - 2 * (more[name] - some[name]) for name in most}
    worst = sorted((name for name in excess if excess[name] > 0), key=lambda name: -excess[name])
    return Growth(second / max(first, 1), tuple(worst[:5]))


def is_refused(text: bytes) -> bool:
    """Whether a text is beyond what is analysed."""
    return parse_file(SourceFile(_PATH, text), doc_code=True).refusal is not None


def texts_of(folder: Path) -> dict[str, bytes]:
    """The fixtures of a rule: what it must find, and what it must leave alone."""
    return {
        name: (folder / f"{name}.rs").read_bytes()
        for name in ("bad", "good")
        if (folder / f"{name}.rs").is_file()
    }
