"""The diffs of --show-fixes: git and patch make of them exactly the text that was meant."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfl_lint.output.diff import unified_diff

PATH = "drivers/demo/a.rs"
LINES = st.lists(
    st.sampled_from([b"a\n", b"b\r\n", b"\n", b"}\n", b"\x0c \xe2\x80\xa8\n", b"c"]), max_size=30
)


def git_applied(folder: Path, path: str, before: bytes, diff: bytes) -> bytes:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "--unidiff-zero", "-"]
    subprocess.run(
        command, cwd=folder, input=diff, check=True, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    )
    return file.read_bytes()


@given(before=LINES, after=LINES)
@settings(max_examples=60)
def test_git_applies_any_diff(
    tmp_path_factory: pytest.TempPathFactory, before: list[bytes], after: list[bytes]
) -> None:
    old, new = b"".join(before) or b"x\n", b"".join(after) or b"y"
    diff = unified_diff(PATH, old, new)
    if old == new:
        assert diff == b""
    else:
        assert git_applied(tmp_path_factory.mktemp("git"), PATH, old, diff) == new


@pytest.mark.parametrize("path", ["a b.rs", 'a"b.rs', "a\tb.rs", "ä.rs", "a\\b.rs"])
def test_odd_names(tmp_path: Path, path: str) -> None:
    diff = unified_diff(path, b"x", b"y")
    assert git_applied(tmp_path, path, b"x", diff) == b"y"


def test_patch_reads_it_too(tmp_path: Path) -> None:
    before = b"".join(b"line %d\n" % number for number in range(40)) + b"end"
    after = before.replace(b"line 3\n", b"line 3\nnew\n").replace(b"line 30\n", b"").replace(b"end", b"end\n")
    (tmp_path / "drivers/demo").mkdir(parents=True)
    (tmp_path / PATH).write_bytes(before)
    diff = unified_diff(PATH, before, after)
    subprocess.run(["patch", "-p1", "--quiet"], cwd=tmp_path, input=diff, check=True)
    assert (tmp_path / PATH).read_bytes() == after
    assert diff.count(b"@@ -") == 3
    assert diff.endswith(b"\n-end\n\\ No newline at end of file\n+end\n")


def test_how_it_reads() -> None:
    before = b"fn f() {\n    g();\n}\n\nfn h() {\n    i();\n}\n"
    after = before.replace(b"    i", b"    // SAFETY: x.\n    i")
    assert unified_diff("a.rs", before, after).decode() == (
        "--- a/a.rs\n+++ b/a.rs\n@@ -3,5 +3,6 @@\n }\n \n fn h() {\n+    // SAFETY: x.\n     i();\n }\n"
    )


def test_a_large_file_of_like_lines_takes_no_longer_than_its_changes() -> None:
    lines = [b"    call(%d);\n" % (number if number % 3 else 7) for number in range(60_000)]
    changed = [line if number % 100 else b"// new\n" + line for number, line in enumerate(lines)]
    begun = time.perf_counter()
    diff = unified_diff("a.rs", b"".join(lines), b"".join(changed))
    assert diff.count(b"\n+// new") == 600
    assert time.perf_counter() - begun < 5
