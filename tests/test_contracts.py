"""The safety contract index: what `# Safety` sections ask for, as facts of functions and traits."""

from __future__ import annotations

import pickle

import pytest

from rfl_lint.fact_types import Contract
from rfl_lint.index import Index
from tests.test_facts import facts_of


def contract(docs: str) -> Contract | None:
    lines = "\n".join(f"    /// {line}".rstrip() for line in docs.splitlines())
    return facts_of(f"impl Demo {{\n{lines}\n    unsafe fn f() {{}}\n}}\n").functions[0].contract


@pytest.mark.parametrize(
    ("docs", "requirements", "listed"),
    [
        ("Does it.", None, False),
        ("# Panics\n\nNever.", None, False),
        ("# Safety\n\n`p` must be valid\nfor reads.", ("`p` must be valid for reads.",), False),
        ("# Safety\n\n- One.\n- Two,\n  in two lines.", ("One.", "Two, in two lines."), True),
        ("# Safety\n\nCallers must ensure that:\n\n* one\n\n* two", ("one", "two"), True),
        ("# Safety\n\nThe caller must own it.\n\n- one", ("The caller must own it.", "one"), True),
        ("# Safety\n\nIt is valid.\n\nIt must stay so.", ("It is valid.", "It must stay so."), False),
        ("# Safety\n\nIt must be valid.\n\nThat is what C says.", ("It must be valid.",), False),
        ("# Safety\n\n- a:\n  - b\n  - c\n- d", ("a: - b - c", "d"), True),
        ("# Safety\n\n- It must end.\n- `p` is allowed to be null.\n- may move it", ("It must end.",), True),
        ("# Safety\n\nFor all of `'a`,\n- one\n- two", ("one", "two"), True),
        ("# Safety\n\nAlways safe to call.", (), False),
        ("# Safety\n\nA.\n\n# Examples\n\nB must.", ("A.",), False),
        ("## Implementation safety\n\nA.", ("A.",), False),
        ("# Examples\n\n```\n# Safety\n- x\n```", None, False),
    ],
)
def test_requirements(docs: str, requirements: tuple[str, ...] | None, listed: bool) -> None:
    found = contract(docs)
    if requirements is None:
        assert found is None
    else:
        assert found is not None
        assert (found.requirements, found.listed) == (requirements, listed)


def test_the_place_is_the_heading_and_traits_have_contracts() -> None:
    text = (
        "/// # Safety\n///\n/// - One.\nunsafe trait T {\n"
        "    /// # Safety\n    ///\n    /// Two.\n    unsafe fn f();\n}\n"
    )
    facts = facts_of(text)
    (trait,), (function,) = facts.types, facts.functions
    assert trait.contract is not None
    assert (trait.contract.requirements, trait.contract.listed) == (("One.",), True)
    assert function.contract is not None
    assert text[function.contract.span.start : function.contract.span.end] == "# Safety"
    assert function.contract.requirements == ("Two.",)
    assert pickle.loads(pickle.dumps(facts)) == facts  # noqa: S301 - our own


def test_invariants_of_types_are_known_by_every_name() -> None:
    text = (
        "/// # Invariants\n///\n/// - One.\n/// - Two.\nstruct A;\n"
        "/// # Safety\nstruct B;\ntype C = A;\nuse x::A as D;\n"
    )
    facts = facts_of(text)
    stated = facts.types[0].invariants
    assert stated is not None
    assert stated.requirements == ("One.", "Two.")
    assert text[stated.span.start : stated.span.end] == "# Invariants"
    assert facts.types[1].invariants is None
    assert Index([facts]).with_invariants(facts.path) == {"A", "C", "D"}
