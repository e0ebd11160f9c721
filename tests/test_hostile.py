"""Hostile input: what once broke something stays here, and a short run of the fuzzer with all rules.

`make fuzz` runs it for as long as one likes. What it finds goes to fixtures/hostile/, with what it broke in its first
line where that can be said in Rust; every file there is linted with all rules and held against tests/fuzzing/oracles.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfl_lint.source import SourceFile
from tests.conftest import ROOT
from tests.fuzzing.oracles import check_sources
from tests.fuzzing.rust import Corpus, mutated, read_corpus, utf8

HOSTILE = sorted((ROOT / "fixtures" / "hostile").iterdir())
FIXTURES = sorted(path for path in (ROOT / "fixtures").rglob("*.rs") if "hostile" not in path.parts)


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
@pytest.mark.parametrize("place", ["drivers/hostile/a.rs", "rust/kernel/a.rs"])
def test_what_broke_something_does_so_no_more(path: Path, place: str) -> None:
    check_sources([SourceFile(place, path.read_bytes())])


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus(FIXTURES)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_moment_of_fuzzing(corpus: Corpus, seed: int) -> None:
    random = Random(seed)
    _, data = random.choice(corpus.texts)
    check_sources([SourceFile("drivers/x/a.rs", utf8(mutated(data, corpus, random)))])
