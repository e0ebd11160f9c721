"""The `SAFETY:` comment that is offered: what callees require, as claims whose reasons are to be given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfl_lint.analysis.unsafety.wording import cut, in_short
from rfl_lint.engine import Lint, lint_source
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile

RULE = next(rule for rule in builtin_rules() if rule.meta.name == "missing-safety-comment")


@pytest.mark.parametrize(
    ("requirement", "claim"),
    [
        ("`ptr` must be valid.", "`ptr` is valid"),
        ("`ptr` must not be null.", "`ptr` is not null"),
        ("`ptr` must have been returned by [`Foo::bar`].", "`ptr` has been returned by `Foo::bar`"),
        ("The caller must ensure that `ptr` is valid.", "`ptr` is valid"),
        ("Callers must ensure `a` must match `b`.", "`a` matches `b`"),
        ("It must never be read.", "It is never read"),
        ("The value must not yet have been freed.", "The value has not yet been freed"),
        ("For all of `'a`, the count must not hit zero;", "For all of `'a`, the count does not hit zero"),
        ("If it is live, then `p` must carry it.", "If it is live, then `p` carries it"),
        ("`a` and `b` must be valid.", "`a` and `b` must be valid"),
        ("The users of `a` must be valid.", "The users of `a` must be valid"),
        ("This pointer must be valid.", "This pointer is valid"),
        ("Pointers must be valid.", "Pointers must be valid"),
        ("Calls of `a` on the same value must alternate.", "Calls of `a` on the same value must alternate"),
        ("`p` *must* end. It ends. (See below.)", "`p` ends"),
        ("Must only be called once, i.e. never again.", "Must only be called once, i.e. never again"),
        ("that `p` is valid", "`p` is valid"),
        ("The caller is responsible to ensure that `p` is valid.", "`p` is valid"),
    ],
)
def test_a_requirement_becomes_a_claim(requirement: str, claim: str) -> None:
    assert in_short(requirement) == claim


def test_parameters_are_called_as_at_the_call() -> None:
    assert in_short("`ptr` must match `Foo::ptr`.", {"ptr": "self.raw"}) == "`self.raw` matches `Foo::ptr`"


@given(st.text(alphabet="ab `.,()*'must not be the", max_size=80), st.integers(2, 60))
def test_any_text_has_a_short_form(text: str, size: int) -> None:
    short = in_short(text)
    assert "\n" not in short
    assert len(cut(short, size)) <= max(size, 2)


DECLARATIONS = """
/// A handle.
pub struct Handle(u8);

impl Handle {
    /// Makes one.
    ///
    /// # Safety
    ///
    /// The caller must ensure that:
    ///
    /// - `raw` must point to a valid `struct handle`, which the caller has initialised before with the function
    ///   that the subsystem has for that;
    /// - nobody else uses it.
    pub unsafe fn from_raw(raw: *mut u8, _flags: u32) -> Handle {}

    /// # Safety
    ///
    /// `self` must not be open.
    unsafe fn close(&self) {}
}

/// # Safety
///
/// - `handle` must be registered.
/// - It must stay so.
unsafe trait Registered {
    /// # Safety
    ///
    /// `at` must be in bounds.
    unsafe fn slot(&self, at: usize);
}

struct Demo;

"""


def offered(code: str, ending: str = "\n") -> str:
    """The code with the comment that the first finding offers; its last line is the first one that was given."""
    text = (DECLARATIONS + code).replace("\n", ending)
    lint = Lint([RULE()], doc_code=True, report_unused=False)
    result = lint_source(SourceFile("rust/kernel/demo.rs", text.encode()), lint)
    fix = next(finding.fix for finding in result.findings if finding.span.start >= len(DECLARATIONS))
    assert fix is not None
    assert not fix.safe
    (edit,) = fix.edits
    data = text.encode()
    return (data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]).decode()[
        len(DECLARATIONS.replace("\n", ending)) :
    ]


OF_TRAIT = "impl Registered for Demo {\n    unsafe fn slot(&self, at: usize) {}\n}\n"
TO_CLOSE = ["SAFETY: `h` is not open by TODO"]
TO_MAKE = [
    "SAFETY:",
    "- `p` points to a valid `struct handle`, which the caller has initialised before with the",
    "  function that the subsystem has for that by TODO",
    "- Nobody else uses it by TODO",
]


# The line that begins with `@` is the one above which the comment goes.
@pytest.mark.parametrize(
    ("code", "comment"),
    [
        ("fn f(p: *mut u8) {\n@    let h = unsafe { Handle::from_raw(p, 0) };\n}\n", TO_MAKE),
        (
            "fn f(h: Handle) {\n    match 1 {\n@        1 => unsafe { h.close() },\n        _ => {}\n    }\n}\n",
            TO_CLOSE,
        ),
        ("fn f(h: Handle) {\n    pin_init!(Demo {\n@        a: unsafe { h.close() },\n    })\n}\n", TO_CLOSE),
        ("fn f(h: Handle) {\n@    let a =\n        unsafe { h.close() };\n}\n", TO_CLOSE),
        (
            "@unsafe impl Registered for Demo {}\n",
            ["SAFETY:", "- `handle` is registered by TODO", "- It stays so by TODO"],
        ),
        (
            "@unsafe impl Send for Demo {}\n",
            ["SAFETY: A value may be moved to and dropped on any thread: TODO"],
        ),
        (
            "/// # Safety\n/// Must only be called once.\nunsafe fn once() {}\nfn f() {\n@    unsafe { once() }\n}\n",
            ["SAFETY: Must only be called once: TODO"],
        ),
        ("@unsafe impl Unknown for Demo {}\n", ["SAFETY: TODO"]),
        ("fn f(p: *mut u8) {\n@    unsafe { bindings::f(p) };\n}\n", ["SAFETY: TODO"]),
        (
            "fn f(p: *const u8) -> u8 {\n@    unsafe { p.read_unaligned() }\n}\n",
            ["SAFETY: The pointer is valid for reads of an initialised value by TODO"],
        ),
        (
            f"{OF_TRAIT}fn f(d: &Demo, n: usize) {{\n@    unsafe {{ d.slot(n) }}\n}}\n",
            ["SAFETY: `n` is in bounds by TODO"],
        ),
        (
            "fn f(h: Handle, k: Handle) {\n@    unsafe { h.close(); k.close(); h.close() }\n}\n",
            ["SAFETY:", "- `h` is not open by TODO", "- `k` is not open by TODO"],
        ),
        (
            "fn f(h: Handle, k: Handle) {\n@    g(unsafe { h.close() }, unsafe { k.close() }, || { 1 });\n}\n",
            ["SAFETY:", "- `h` is not open by TODO", "- `k` is not open by TODO"],
        ),
        ("/// ```\n@/// # unsafe { h.close() }\n/// ```\nfn f() {}\n", TO_CLOSE),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_what_is_offered_and_where(code: str, comment: list[str], ending: str) -> None:
    head, _, tail = code.partition("@")
    lead = tail[: len(tail) - len(tail.removeprefix("/// # ").lstrip())]
    expected = head + "".join(f"{lead}// {line}\n" for line in comment) + tail
    assert offered(head + tail, ending) == expected.replace("\n", ending)


def test_the_help_names_what_is_required_and_where_it_says_so() -> None:
    text = DECLARATIONS + "fn f(p: *mut u8) {\n    unsafe { Handle::from_raw(p, 0) };\n}\n"
    lint = Lint([RULE()], report_unused=False)
    (finding,) = lint_source(SourceFile("rust/kernel/demo.rs", text.encode()), lint).findings
    assert "`Handle::from_raw` requires: `raw` points to a valid `struct handle`" in finding.help
    assert "nobody else uses it" in finding.help
    (label,) = finding.related
    assert text[label.span.start : label.span.end] == "# Safety"
    assert label.path == "rust/kernel/demo.rs"
