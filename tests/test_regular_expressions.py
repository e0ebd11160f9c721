"""Comments, names and bodies that were made to blow regular expressions up take no longer than their length."""

from __future__ import annotations

import re

import pytest

from rfl_lint.engine import lint_source
from rfl_lint.refusal import FILE_NOT_ANALYSED
from rfl_lint.source import SourceFile
from tests.conftest import ROOT
from tests.fuzzing.oracles import ALL
from tests.fuzzing.patterns import Known, known_patterns, slow_on

PIECES = {
    "capitals": "SAFETY",
    "tags": "SAFETY: ",
    "joined": "SAFETY/INVARIANT,",
    "spaces": " ",
    "quotes": '\\"',
    "ticks": "`",
    "links": "[a](",
    "brackets": "[[",
    "hashes": "#",
    "stars": "* ",
    "dashes": "--",
    "paths": "a::",
    "calls": "a(",
    "colons": "::",
    "doc-links": "[`",
    "cfg": "cfg(",
    "flags": "GFP_A | ",
    "angles": "<a",
    "numbers": "1.",
    "and": "SAFETY and ",
    "and-words": "a and ",
}
PLACES = {
    "comment": "// {}!\nfn f() {{}}\n",
    "safety": "fn f() {{\n    // SAFETY: {}\n    unsafe {{ g() }};\n}}\n",
    "doc": "/// {}!\nfn f() {{}}\n",
    "doc section": "/// # Safety\n///\n/// - {}!\npub unsafe fn f() {{}}\n",
    "string": 'fn f() {{ pr_info!("{}"); }}\n',
    "attribute": '#[doc = "{}"]\nfn f() {{}}\n',
    "suppression": "// rfl-lint: allow({}): x\nfn f() {{}}\n",
}
LENGTH = 20_000


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("piece", PIECES)
def test_long_runs_of_one_thing(place: str, piece: str) -> None:
    text = PLACES[place].format(PIECES[piece] * (LENGTH // len(PIECES[piece])))
    result = lint_source(SourceFile("drivers/x/a.rs", text.encode()), ALL)
    assert not result.crashes
    slow = [each.message for each in result.findings if each.rule == FILE_NOT_ANALYSED]
    assert not any("seconds" in message for message in slow)


def test_a_name_as_long_as_a_file() -> None:
    text = "fn f() {\n    let x = " + "a" * 1_000_000 + ";\n}\n"
    result = lint_source(SourceFile("drivers/x/a.rs", text.encode()), ALL)
    assert not [each for each in result.findings if each.rule == FILE_NOT_ANALYSED]


def test_no_group_is_repeated_possessively() -> None:
    """Python up to 3.11.4 loses its place in `(?:ab|c)*+` where a repetition of the group fails half way.

    `(?>(?:ab|c)*)` says the same and is right everywhere.
    """
    possessive = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")
    files = [*(ROOT / "rfl_lint").rglob("*.py"), *(ROOT / "rules").rglob("*.py")]
    assert files
    for path in files:
        for row, line in enumerate(path.read_text().splitlines(), start=1):
            if 'rb"' in line or "rb'" in line or "re.compile" in line:
                assert not possessive.search(re.sub(r"\[(?:\\.|[^\]\\])*\]", "[]", line)), f"{path}:{row}"


# Not to be tried with a text of any length, and why.
BOUNDED = {
    "rfl_lint.analysis.locking.exclusion._LOCKING": "names are of letters, which always match to their end",
    "rfl_lint.analysis.unsafety.skeleton._ARGUMENT": "longer texts than 30 characters are not asked about",
    "rfl_lint.doc_lines._INNER_LINES": "matched where a comment begins, not searched for",
    "rfl_lint.doc_lines._OUTER_LINES": "as the one above",
    "rfl_lint.inputs.patch._RUST": "asked of the first 400 characters of a line",
    "rfl_lint.inputs.quoting._CUT": "longer lines than 120 characters are not asked about",
    "rfl_lint.output.reply._MASKED": "longer addresses than 254 characters are not asked about",
    r"rfl_lint.output.reply '[^@\\s<>]+@[^@\\s<>]+\\.[^@\\s<>]+'": "as the one above",
    "rfl_lint.ruledoc._SECTION": "reads docstrings of rules",
    "rfl_lint.testing._DIRECTIVE": "reads fixtures",
    "rfl_lint.testing._MARK": "as the one above",
    r"rfl_lint.testing '(\\w+)\\s*\\('": "as the one above",
}
PATTERNS = [known for known in known_patterns() if known.name not in BOUNDED]


def test_the_exceptions_are_exceptions() -> None:
    assert len(PATTERNS) > 250
    assert BOUNDED.keys() <= {known.name for known in known_patterns()}


@pytest.mark.parametrize("known", PATTERNS, ids=lambda known: known.name)
def test_no_pattern_takes_more_than_its_share(known: Known) -> None:
    assert slow_on(known) is None


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (r'"(?:[^"\\]|\\.)*"', "sub"),
        (r"\s*\.", "search"),
        (r"a(\w+)\s*(\w+)=", "match"),
        (r"//\s*x\s*:?\s*(y)?\s*z", "fullmatch"),
        (r"\bcfg\(.*END", "search"),
    ],
)
def test_what_is_slow_is_found(text: str, method: str) -> None:
    assert slow_on(Known(text, re.compile(text), frozenset({method}))) is not None
