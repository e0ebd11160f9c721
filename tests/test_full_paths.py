"""Paths in full, through imports and re-exports."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.code.full_paths import resolved
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from tests.work import grows_linearly

FILES = {
    "rust/kernel/lib.rs": "pub mod prelude; pub mod str; pub mod list;",
    "rust/kernel/prelude.rs": "pub use crate::str::{CStr, Text as Words}; pub use core::mem::*; "
    "pub use crate::list::*;",
    "rust/kernel/str.rs": "pub use ffi::CStr; pub struct Text; pub use self::Text as Same;",
    "rust/kernel/list.rs": "pub use crate::prelude::*; pub struct List; pub use super::list::again; pub fn item() {}",
    "rust/ffi.rs": "pub use core::ffi::CStr;",
    "drivers/a/main.rs": "use kernel::prelude::*; use core::mem; use super::x as y; mod inner { use super::*; }",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("CStr::as_ptr", "core::ffi::CStr::as_ptr"),
        ("kernel::str::CStr", "core::ffi::CStr"),
        ("kernel::prelude::CStr", "core::ffi::CStr"),
        ("Words", "kernel::str::Text"),
        ("kernel::str::Same::new", "kernel::str::Text::new"),
        ("List", "kernel::list::List"),
        ("item", "kernel::list::item"),
        ("mem::forget", "core::mem::forget"),
        ("core::mem::forget", "core::mem::forget"),
        ("kernel::list::made_by_a_macro", "kernel::list::made_by_a_macro"),
        ("kernel::list::again", ""),
        ("forget", ""),
        ("Nobody::new", ""),
        ("", ""),
    ],
)
def test_a_path_in_full(path: str, expected: str) -> None:
    index = Index(
        [extract_facts(parse_file(SourceFile(name, text.encode()))) for name, text in FILES.items()]
    )
    home = index.names.home("drivers/a/main.rs")
    for place in (home, home.inside("inner")):
        if place.module and path.startswith("mem"):
            continue  # what `super` imports for itself is seen by `super::*`, too, but not told apart
        found = resolved(tuple(path.split("::")), place, index.names)
        assert "::".join(found or ()) == expected


def test_many_imports_cost_each_path_the_same() -> None:
    def work(count: int) -> None:
        source = SourceFile("drivers/x/a.rs", b"use kernel::prelude::*;\n" * 45 * count)
        index = Index([extract_facts(parse_file(source))])
        home = index.names.home(source.path)
        for _ in range(count):
            resolved(("Thing",), home, index.names)

    assert grows_linearly(work, 10)
