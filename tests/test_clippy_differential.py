"""missing-safety-comment against `clippy::undocumented_unsafe_blocks`, line by line, over tests/clippy/*.rs."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.clippy_harness import FOLDER, blanked, clippy_lines, our_lines, sites, unmarked_differences

RULE: Final = "missing-safety-comment"
LINT: Final = "clippy::undocumented_unsafe_blocks"
INPUTS: Final = sorted(FOLDER.glob("*.rs"))
# Numbered as in clippy's semantics: 16 is the form of the output, 17 is another lint.
POINTS: Final = set(range(1, 16))
_UNSAFE: Final = re.compile(r"\bunsafe\b\s*(?:\{|impl\b|$)")


@pytest.mark.client
@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_differences_are_exactly_those_that_are_marked(path: Path, driver: str, tmp_path: Path) -> None:
    ours, clippy = our_lines(blanked(path), RULE), clippy_lines(driver, path, tmp_path, LINT)
    differences = unmarked_differences(ours, clippy, path)
    assert not differences, "\n".join(differences)


def test_every_unsafe_line_is_marked_and_every_point_is_covered() -> None:
    every = [(path, site) for path in INPUTS for site in sites(path)]
    for path in INPUTS:
        lines = {site.line for site in sites(path)}
        code = [line.partition("//")[0] for line in path.read_text().splitlines()]
        bare = [
            number
            for number, text in enumerate(code, start=1)
            if _UNSAFE.search(text) and number not in lines
        ]
        assert not bare, (path.name, bare)
    names = Counter((path.stem, site.name) for path, site in every)
    assert not [name for name, count in names.items() if count > 1]
    assert {site.point for _, site in every} == POINTS
    differing = Counter(site.alone for _, site in every)
    print(  # noqa: T201 - shown by `pytest -rP`
        f"{len(every)} cases: {differing['']} agree, {differing['ours']} are ours alone, {differing['clippy']} clippy's"
    )
    assert len(every) >= 300
    assert differing["ours"] + differing["clippy"] <= len(every) // 8


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_line_endings_and_a_byte_order_mark_change_nothing(path: Path) -> None:
    data = blanked(path)
    expected = our_lines(data, RULE)
    assert expected
    assert our_lines(data.replace(b"\n", b"\r\n"), RULE) == expected
    assert our_lines(b"\xef\xbb\xbf" + data, RULE) == expected
