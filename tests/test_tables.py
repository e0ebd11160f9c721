"""Tables of kernel knowledge: what a configuration adds takes effect, and what it says wrongly is said so."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from rfl_lint import tables as tables_module
from rfl_lint.analysis.allocation.table import Signature, allocations
from rfl_lint.analysis.provenance.tables import pointer_table
from rfl_lint.c.facts import Failure
from rfl_lint.c.table import CFacts
from rfl_lint.config import read_config
from rfl_lint.engine import Lint, lint_source
from rfl_lint.errors import ConfigError
from rfl_lint.registry import builtin_rules
from rfl_lint.source import SourceFile
from rfl_lint.tables import BUNDLED, TRANSLATION, Tables, load_table, make_tables, table_names
from rfl_lint.tree import Era


def fail(key: str, problem: str) -> Exception:
    return ValueError(f"{key}: {problem}")


def tables_of(folder: Path, text: str) -> Tables:
    path = folder / "rfl-lint.toml"
    path.write_text(text)
    return read_config(path).tables


def test_lists_grow_and_tables_are_joined_by_key(tmp_path: Path) -> None:
    tables = tables_of(
        tmp_path,
        """
        [tables.allocation.modules]
        Ring = ["ring"]
        KBox = ["own", "prelude"]
        [[tables.allocation.flagged]]
        types = ["Ring"]
        eras = ["own"]
        functions = [{ name = "with_frames", arguments = 2, flags = 1 }]
        [tables.layout.slab]
        kmalloc = { size = 3 }
        """,
    )
    modules = tables.table("allocation")["modules"]
    assert modules["Ring"] == ["ring"]
    assert modules["KBox"] == [*load_table("allocation")["modules"]["KBox"], "own"]
    assert tables.table("layout")["slab"]["kmalloc"]["size"] == 3
    assert tables.table("layout")["slab"]["kmalloc"]["source"] == "6.1"
    key = ("Ring", "with_frames")
    assert allocations(Era.OWN, tables).flagged[key] == Signature(2, 1, has_receiver=False)
    assert key not in allocations(Era.OWN, BUNDLED).flagged
    assert load_table("layout")["slab"]["kmalloc"]["size"] == 0
    assert tables.table("reclaim") is load_table("reclaim")


def test_nothing_added_is_the_bundled_tables(tmp_path: Path) -> None:
    assert tables_of(tmp_path, "[tables]") is BUNDLED
    assert BUNDLED.table("pointers") is load_table("pointers")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tables.alocation]", "tables.alocation: no such table; did you mean `allocation`?"),
        ("[tables]\nreclaim = 3", "tables.reclaim: must be a table, not a number"),
        ("tables = 3", "tables: must be a table"),
        ("[tables.reclaim]\nset_upp = ['a']", "tables.reclaim.set_upp: no such key; did you mean `set_up`?"),
        ("[tables.reclaim]\nset_up = 'a'", "tables.reclaim.set_up: must be a list, not a string"),
        ("[tables.reclaim]\nset_up = [1]", "tables.reclaim.set_up[0]: must be a string, not a number"),
        ("[[tables.reclaim.taking]]\nfn = 'a'", "tables.reclaim.taking[0].fn: no such key; did you mean `fns`?"),
        ("[[tables.reclaim.taking]]\nsource = 'a'", "tables.reclaim.taking[0]: lacks `fns`"),
        ("[[tables.reclaim.asking]]\nfn = 'a'\nform = 'b'", "[0].form: must be one of result, failed, code, not 'b'"),
        ("[[tables.sleeping.c]]\nnames = ['a']", "tables.sleeping.c[0]: lacks `why`"),
        ("[tables.layout.slab]\nmine = {}", "tables.layout.slab.mine: lacks `size`"),
        ("[tables.layout.slab]\nmine = { size = true }", "slab.mine.size: must be a number, not true or false"),
        ("[tables.pointer_writes]\nc_reading = [{ name = 'x' }]", "c_reading[0].name: no such key; "),
        ("[tables.allocation]\nadditions = {}", "tables.allocation.additions: no such key"),
        ("[tables.comment_tags.tags.PANIC]\nmacros = ['a::die']", "macros[0]: must be a name alone, `die`, not a path"),
        ("[tables.comment_tags.tags.PANIC]\nmacros = ['die!']", "macros[0]: names a macro without the `!`: `die`"),
        ("[tables.comment_tags.tags.PANIC]\nfunctions = ['super::die']", "`super::die` means another thing in each"),
        ("[[tables.interior_mutability.cell]]\ntypes = ['a::Cell']", "types[0]: must be a name alone, `Cell`, not a"),
        ("[tables.allocation.modules]\nRing = ['kernel::ring']", "names what is below the crate, `ring`, without `ker"),
        ("[tables.allocation.modules]\n'ring::Ring' = ['ring']", "modules.ring::Ring: must be a name alone, `Ring`"),
        ("[tables.printing.'kernel::pr_me']\nbefore = 0", "printing.kernel::pr_me: must be a name alone, `pr_me`"),
        ("[tables.comment_tags.tags.FORGET]\nfunctions = ['leak()']", "functions[0]: must be a name, not `leak()`"),
        ("[tables.comment_tags.tags.FORGET]\nfunctions = ['']", "functions[0]: must be a name, not ``"),
        ("[tables.comment_tags.tags.FORGET]\nfunctions = ['::x::leak']", "must be a name, not `::x::leak`"),
        ("[tables.clippy]\ndisallowed-methods = ['self::x']", "disallowed-methods[0]: `self::x` means another thing"),
    ],
)  # fmt: skip
def test_mistakes_name_the_file_the_key_and_what_was_meant(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        tables_of(tmp_path, text)
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", table_names())
def test_what_is_bundled_could_be_added(name: str) -> None:
    """Its own entries fit the shape that additions are held against, its choices and open keys included."""
    table = load_table(name)
    tables = make_tables({name: table}, fail)
    assert tables.table(name) == table


def test_names_may_be_whole_paths_where_they_are_looked_up_so(tmp_path: Path) -> None:
    text = "[tables.comment_tags.tags.PANIC]\nfunctions = ['kernel::a::die', 'crate::b::stop', 'c::halt']\n"
    text += "[tables.clippy]\ndisallowed-methods = ['crate::b::stop', { path = 'kernel::a::die', reason = 'a::b' }]\n"
    text += "[[tables.callbacks.callbacks]]\ntrait = 'T'\nmodules = ['a::b', '']\nfunctions = ['f']\n"
    text += "context = 'atomic'\nwhy = 'a::b'\n"
    assert tables_of(tmp_path, text).table("callbacks")["callbacks"][-1]["modules"] == ["a::b", ""]


def test_a_type_of_ones_own_is_known_to_the_rules(tmp_path: Path) -> None:
    text = b"""
use kernel::ring::FrameRing;

fn make() -> Result<FrameRing> {
    let ring = FrameRing::with_frames(8);
    Ok(ring)
}
"""
    rules = [rule() for rule in builtin_rules() if rule.meta.name == "flagless-allocation"]
    added = tables_of(
        tmp_path,
        """
        [tables.allocation.imported_modules]
        FrameRing = ["ring"]
        [[tables.allocation.flagged]]
        types = ["FrameRing"]
        eras = ["own"]
        functions = [{ name = "with_frames", arguments = 2, flags = 1 }]
        """,
    )
    source = SourceFile("drivers/demo.rs", text)
    assert not lint_source(source, Lint(rules)).findings
    assert [finding.rule for finding in lint_source(source, Lint(rules, tables=added)).findings] == [
        "flagless-allocation"
    ]
    assert not lint_source(source, Lint(rules)).findings


def test_an_owning_function_of_another_name_is_looked_for() -> None:
    row = {"type": "Pool", "fn": "take_back", "family": "box", "argument": 0}
    owning: dict[str, Any] = {"pointers": {"owning": [row]}}
    table = pointer_table(make_tables(owning, fail))
    assert table.names_owning(b"x(Pool::take_back(p))")
    assert not pointer_table(BUNDLED).names_owning(b"x(Pool::take_back(p))")
    assert pointer_table(BUNDLED).names_owning(b"from_raw_parts")
    assert not table.names_owning(b"x from_raw y", 3)


def test_what_c_functions_mean() -> None:
    before = CFacts().function("dma_set_mask")
    assert before is not None
    assert before.failure is not Failure.BYTES_LEFT
    row = {"failure": "bytes_left", "functions": ["dma_set_mask"]}
    tables = make_tables({"c_semantics": {"failure": [row]}}, fail)
    after = CFacts(tables=tables).function("dma_set_mask")
    assert after is not None
    assert after.failure is Failure.BYTES_LEFT


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tables, which are read from there, and anew."""
    folder = tmp_path / "data"
    shutil.copytree(TRANSLATION.parent, folder)
    monkeypatch.setattr(tables_module, "DATA", folder)
    monkeypatch.setattr(tables_module, "TRANSLATION", folder / TRANSLATION.name)
    for cached in (tables_module._read, tables_module._translated, load_table):
        monkeypatch.setattr(tables_module, cached.__name__, cached.__wrapped__)
    return folder


@pytest.mark.parametrize("name", table_names())
def test_a_table_is_not_read_as_toml_where_its_translation_holds(
    name: str, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tomllib.loads((copied / f"{name}.toml").read_text())
    wanted.pop("additions", None)
    monkeypatch.setattr(tables_module, "_parse", lambda _text: pytest.fail("read as TOML"))
    assert tables_module.load_table(name) == wanted


def test_a_table_that_was_changed_is_not_taken_from_the_translation(copied: Path) -> None:
    path = copied / "shrinker.toml"
    path.write_text(path.read_text() + "\n[fresh]\nword = 1\n")
    assert tables_module.load_table("shrinker")["fresh"] == {"word": 1}
    assert "fresh" not in tables_module.load_table("layout")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"layout": 1}'])
def test_a_translation_that_is_none_does_no_harm(text: bytes, copied: Path) -> None:
    wanted = load_table("layout")
    (copied / TRANSLATION.name).write_bytes(text)
    assert tables_module.load_table("layout") == wanted
