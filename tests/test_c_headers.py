"""The outward search through a tree's headers, what it must never read, the cache and the bundled table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rfl_lint.c.headers as headers_module
from rfl_lint.c.bundled import bundled_function, bundled_names, bundled_variants
from rfl_lint.c.cache import CCache, entry_of
from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.c.headers import Search, find_functions
from rfl_lint.c.names import called_functions
from rfl_lint.c.semantics import with_semantics
from rfl_lint.c.table import CFacts
from rfl_lint.tables import load_table
from tests.conftest import ROOT

TREE = ROOT / "fixtures" / "trees" / "c-facts"
NAMES = ["lamp_switch", "lamp_wick", "lamp_hold", "oil_alloc", "shade_map", "shade_pull", "lamp_nowhere"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return shutil.copytree(TREE, tmp_path / "linux")


def find(root: Path, *names: str) -> dict[str, CFunction]:
    return find_functions(root, names).functions


def test_the_search_goes_outward() -> None:
    found = find(TREE, *NAMES)
    assert {name: (function.header, function.line) for name, function in found.items()} == {
        "lamp_switch": ("include/linux/lamp.h", 15),
        "lamp_wick": ("rust/helpers/lamp.c", 4),
        "lamp_hold": ("include/linux/lamp.h", 12),
        "oil_alloc": ("include/linux/oil.h", 7),
        "shade_map": ("include/asm-generic/shade.h", 2),
        "shade_pull": ("include/asm-generic/shade.h", 3),
    }
    assert (found["lamp_switch"].failure, found["lamp_switch"].must_check) == (Failure.ERRNO, True)
    assert (found["lamp_switch"].flags, found["oil_alloc"].gfp, found["shade_pull"].gfp) == (1, 1, 1)


def test_a_helper_learns_from_what_it_wraps() -> None:
    assert find(TREE, "lamp_wick")["lamp_wick"].failure is Failure.ERR_PTR


def test_the_search_ends_when_all_is_known() -> None:
    near = {stamp[0] for stamp in find_functions(TREE, ["lamp_hold"]).stamps}
    far = {stamp[0] for stamp in find_functions(TREE, NAMES).stamps}
    assert "include/asm-generic/shade.h" in far
    assert near < far
    assert not any("outside" in path for path in far)


def test_the_first_architecture_there_is_answers(tree: Path) -> None:
    (tree / "arch/arm64/include/asm").mkdir(parents=True)
    (tree / "arch/arm64/include/asm/shade.h").write_text("int shade_map(long x);\n")
    assert find(tree, "shade_map")["shade_map"].header == "arch/arm64/include/asm/shade.h"


def test_one_helpers_file_of_old_kernels(tree: Path) -> None:
    (tree / "rust/helpers/lamp.c").rename(tree / "rust/helpers.c")
    shutil.rmtree(tree / "rust/helpers")
    assert find(tree, "lamp_wick")["lamp_wick"].header == "rust/helpers.c"


@pytest.mark.parametrize("what", ["file", "folder", "helpers", "absolute", "upward"])
def test_nothing_outside_the_root_is_read(tree: Path, what: str) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "secret.h").write_text("int secret(int x);\n")
    (outside / "secret.c").write_text("int rust_helper_secret(int x);\n")
    names = {
        "absolute": f"<{outside}/secret.h>",
        "upward": "<linux/../../../outside/secret.h>",
        "folder": "<linked/secret.h>",
    }
    helper = tree / "rust/bindings/bindings_helper.h"
    helper.write_text(f"#include {names.get(what, '<secret.h>')}\n#include <linux/lamp.h>\n")
    if what == "file":
        (tree / "include/secret.h").symlink_to(outside / "secret.h")
    elif what == "folder":
        (tree / "include/linked").symlink_to(outside)
    elif what == "helpers":
        shutil.rmtree(tree / "rust/helpers")
        (tree / "rust/helpers").symlink_to(outside)
    assert set(find(tree, "secret", "lamp_hold")) == {"lamp_hold"}


def test_a_link_inside_the_root_is_followed(tree: Path) -> None:
    (tree / "include/linux/lamp.h").rename(tree / "include/real.h")
    (tree / "include/linux/lamp.h").symlink_to("../real.h")
    search = find_functions(tree, ["lamp_hold"])
    assert "lamp_hold" in search.functions
    assert {"include/real.h", "include/linux/lamp.h"} <= {stamp[0] for stamp in search.stamps}


def test_hostile_files_are_passed_over(tree: Path) -> None:
    include = tree / "include"
    names = ["huge.h", "pipe.h", "folder.h", "garbage.h", "loop.h", "closed.h"]
    (tree / "rust/bindings/bindings_helper.h").write_text(
        "".join(f"#include <{name}>\n" for name in names)
        + "#include <linux/lamp.h>\n#include <\0x>\n#include <\xff>\n"
    )
    with (include / "huge.h").open("wb") as stream:
        stream.write(b"int huge(void);\n")
        stream.truncate(50_000_000)
    os.mkfifo(include / "pipe.h")
    (include / "folder.h").mkdir()
    (include / "garbage.h").write_bytes(os.urandom(200_000) + b"\n#include <linux/oil.h>\n")
    (include / "loop.h").write_text("#include <loop.h>\n#include <linux/lamp.h>\nint loop(void);\n")
    (include / "closed.h").write_text("int closed(void);\n")
    (include / "closed.h").chmod(0)
    found = find(tree, "huge", "loop", *NAMES)
    assert set(found) == {"loop", *NAMES} - {"lamp_nowhere"}


def test_no_tree_at_all(tmp_path: Path) -> None:
    assert find(tmp_path, "kmalloc") == {}
    assert find(tmp_path / "nowhere", "kmalloc") == {}


def test_names_that_rust_calls() -> None:
    texts = [path.read_bytes() for path in sorted(TREE.rglob("*.rs"))]
    assert called_functions(texts) == {"lamp_switch", "lamp_wick", "lamp_hold", "oil_alloc", "lamp_nowhere"}
    assert called_functions([b"bindings::page, x::bindings::f (1) Some(bindings::g) mybindings::h()"]) == {
        "f"
    }


# The table of a tree.


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    asked: list[frozenset[str]] = []

    def counted(root: Path, names: frozenset[str]) -> Search:
        asked.append(frozenset(names))
        return find_functions(root, names)

    monkeypatch.setattr(headers_module, "find_functions", counted)
    return asked


def test_the_tree_answers_first_and_the_bundled_table_else(tree: Path) -> None:
    (tree / "include/linux/oil.h").write_text("int kmalloc(long n);\n")
    facts = CFacts(tree, ["kmalloc", "krealloc"])
    mine, bundled = facts.function("kmalloc"), facts.function("krealloc")
    assert mine is not None
    assert bundled is not None
    assert (mine.header, mine.returns, mine.is_bundled, mine.kernels) == (
        "include/linux/oil.h",
        "int",
        False,
        (),
    )
    assert (bundled.header, bundled.is_bundled, bundled.line) == ("include/linux/slab.h", True, 0)
    assert facts.function("no_such_function") is None


def test_without_a_kernel_tree_the_bundled_table_answers(
    tmp_path: Path, searches: list[frozenset[str]]
) -> None:
    for facts in (CFacts(), CFacts(tmp_path, ["kmalloc"])):
        function = facts.function("kmalloc")
        assert function is not None
        assert (function.gfp, function.is_bundled) == (1, True)
    assert searches == []


def test_nothing_is_read_before_it_is_asked_for(tree: Path, searches: list[frozenset[str]]) -> None:
    calls: list[int] = []

    def wanted() -> Iterator[str]:
        calls.append(1)
        yield from NAMES

    facts = CFacts(tree, wanted)
    assert (calls, searches) == ([], [])
    assert facts.function("lamp_hold") is not None
    assert facts.function("lamp_nowhere") is None
    assert (len(calls), searches) == (1, [frozenset(NAMES)])


def test_the_cache_answers_as_long_as_nothing_changes(
    tree: Path, tmp_path: Path, searches: list[frozenset[str]]
) -> None:
    cache = tmp_path / "cache"
    first = [CFacts(tree, NAMES, cache).function(name) for name in NAMES]
    assert [CFacts(tree, NAMES, cache).function(name) for name in NAMES] == first
    assert CFacts(tree, NAMES[:2], cache).function("lamp_switch") == first[0]
    assert len(searches) == 1
    CFacts(tree, ["shade_map", "other"], cache).function("shade_map")
    assert searches[1:] == [frozenset([*NAMES, "other"])]  # what was wanted before stays


@pytest.mark.parametrize("change", ["edit", "touch", "remove", "helper", "missing header"])
def test_the_cache_notices_changes(
    tree: Path, tmp_path: Path, searches: list[frozenset[str]], change: str
) -> None:
    cache = tmp_path / "cache"
    assert CFacts(tree, NAMES, cache).function("oil_alloc") is not None
    header = tree / "include/linux/oil.h"
    if change == "edit":
        header.write_text("int oil_alloc(void);\n")
    elif change == "touch":
        os.utime(header, ns=(1, 1))
    elif change == "remove":
        header.unlink()
    elif change == "missing header":
        (tree / "include/linux/no-such-header.h").write_text("long oil_alloc(void);\n")
    else:
        (tree / "rust/helpers/oil.c").write_text("int rust_helper_oil_alloc(void);\n")
        os.utime(tree / "rust/helpers", ns=(1, 1))
    now = CFacts(tree, NAMES, cache).function("oil_alloc")
    assert len(searches) == 2
    expected = {"edit": "int", "touch": "void *", "remove": None, "helper": "int", "missing header": "long"}[
        change
    ]
    assert (now.returns if now is not None else None) == expected


@pytest.mark.parametrize(
    "harm", ["cut", "flipped", "other version", "not json", "writable", "folder", "huge"]
)
def test_a_broken_cache_counts_as_absent(
    tree: Path, tmp_path: Path, searches: list[frozenset[str]], harm: str
) -> None:
    cache = tmp_path / "cache"
    CFacts(tree, NAMES, cache).function("lamp_hold")
    (file,) = cache.iterdir()
    raw = file.read_bytes()
    if harm == "cut":
        file.write_bytes(raw[:-5])
    elif harm == "flipped":
        file.write_bytes(raw[:-5] + bytes([raw[-5] ^ 1]) + raw[-4:])
    elif harm == "other version":
        file.write_bytes(b"x" + raw)
    elif harm == "not json":
        file.write_bytes(b"")
    elif harm == "writable":
        file.chmod(0o666)
    elif harm == "folder":
        file.unlink()
        file.mkdir()
    else:
        os.truncate(file, 17_000_000)
    function = CFacts(tree, NAMES, cache).function("lamp_hold")
    assert function is not None
    assert function.header == "include/linux/lamp.h"
    assert len(searches) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert CFacts(tree, NAMES, tmp_path / "file" / "cache").function("lamp_hold") is not None
    assert CFacts(tree, NAMES, tmp_path / "file").function("lamp_hold") is not None


def test_a_whole_cache_of_another_shape_is_absent(tree: Path, tmp_path: Path) -> None:
    cache = CCache(tree, tmp_path)
    cache.save(entry_of(["a"], [("gone", 1, 2)], []))
    assert cache.load() is None
    cache.save(entry_of(["a"], [], []))
    loaded = cache.load()
    assert loaded is not None
    assert loaded.names == {"a"}
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) == [".c-facts"]


# What is bundled.


def test_bundled_entries_are_well_formed() -> None:
    names = bundled_names()
    assert names == sorted(names)
    assert len(names) > 500
    for name in names:
        function = bundled_function(name)
        assert function is not None
        assert function.name == name
        assert function.returns
        assert all(item.type for item in function.parameters)
        assert function.header.startswith(("include/", "rust/", "arch/"))
        assert function.kernels
        for kernel, variant in bundled_variants(name).items():
            assert kernel in function.kernels
            assert (variant.returns, variant.parameters, variant.variadic) != (
                function.returns, function.parameters, function.variadic,
            )  # fmt: skip


def test_the_bundled_table_stays_small() -> None:
    assert (ROOT / "rfl_lint/data/c_facts.json").stat().st_size < 300_000


def test_bundled_facts_that_rules_rely_on() -> None:
    def facts(name: str) -> tuple[str, int, int, str]:
        function = bundled_function(name)
        assert function is not None, name
        return function.returns, function.gfp, function.flags, function.failure.value

    assert facts("kmalloc") == ("void *", 1, -1, "unknown")
    assert facts("krealloc") == ("void *", 2, -1, "null")
    assert facts("shrinker_alloc") == ("struct shrinker *", -1, 0, "null")
    assert facts("wake_up_process") == ("int", -1, -1, "none")
    assert facts("clk_get") == ("struct clk *", -1, -1, "err_ptr")
    assert facts("copy_from_user") == ("unsigned long", -1, -1, "bytes_left")
    assert facts("misc_register") == ("int", -1, -1, "errno")
    assert facts("xa_init_flags") == ("void", -1, -1, "none")
    assert list(bundled_variants("kvrealloc")) == ["6.1"]


def test_semantics_name_each_function_once_and_their_sources() -> None:
    groups = load_table("c_semantics")["failure"]
    named = [name for group in groups for name in group["functions"]]
    assert sorted(set(named)) == sorted(named)
    assert all(group["sources"] and group["why"] for group in groups)
    assert {Failure(group["failure"]) for group in groups} >= {Failure.NONE, Failure.ERRNO, Failure.ERR_PTR}
    void = CFunction("get_task_struct", "void", (), "h", failure=Failure.NONE)
    assert with_semantics(void) == void


def test_the_bundled_table_is_generated_the_same_way_each_time(tree: Path, tmp_path: Path) -> None:
    older = shutil.copytree(tree, tmp_path / "older")
    (older / "Makefile").write_text("VERSION = 9\nPATCHLEVEL = 3\n")
    header = older / "include/linux/oil.h"
    header.write_text(header.read_text().replace("size_t size, gfp_t", "size_t size, int node, gfp_t"))
    script = [sys.executable, str(ROOT / "scripts/generate_c_facts.py"), "--output"]
    outputs = [tmp_path / "one.json", tmp_path / "two.json"]
    for output in outputs:
        subprocess.run([*script, output, older, tree], check=True, capture_output=True)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    table = json.loads(outputs[0].read_text())
    assert table["kernels"] == ["9.3", "9.4"]
    assert list(table["functions"]) == ["lamp_hold", "lamp_switch", "lamp_wick", "oil_alloc"]
    seen, newest, variants = table["functions"]["oil_alloc"]
    assert (seen, newest[1]) == (3, [["size", "size_t"], ["flags", "gfp_t"]])
    assert [name for name, _type in variants["9.3"][1]] == ["size", "node", "flags"]
    refused = subprocess.run([*script, outputs[0], tmp_path], check=False, capture_output=True)
    assert refused.returncode == 2


def test_the_grammar_is_loaded_only_to_parse(tree: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from rfl_lint.c.table import CFacts\n"
        "CFacts().function('kmalloc')\n"
        "CFacts(Path(sys.argv[1]), ['lamp_hold'], Path(sys.argv[2])).function('lamp_hold')\n"
        "print('tree_sitter_c' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tree), str(tmp_path / "cache")]
    printed = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() for _ in range(2)
    ]
    assert printed == ["True", "False"]
