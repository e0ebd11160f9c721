"""The project's own scripts: setting up, fetching kernels, judging a test run."""

from __future__ import annotations

import io
import lzma
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, run, script, succeed


def _fake_python(folder: Path, body: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_setup_says_when_there_is_no_python(tmp_path: Path) -> None:
    old = _fake_python(tmp_path, "exit 1")
    done = run([ROOT / "scripts" / "setup.sh", tmp_path / "venv", "."], ROOT, PYTHON=old)
    assert done.status == 2
    assert "needs Python 3.11 or later" in done.printed
    assert not (tmp_path / "venv").exists()


def test_setup_says_when_python_cannot_make_environments(tmp_path: Path) -> None:
    bare = _fake_python(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac')
    done = run([ROOT / "scripts" / "setup.sh", tmp_path / "venv", "."], ROOT, PYTHON=bare)
    assert done.status == 2
    assert "apt-get install python3-venv" in done.printed


def test_setup_takes_the_first_python_that_will_do(tmp_path: Path) -> None:
    log = tmp_path / "log"
    good = _fake_python(tmp_path, f'echo "$@" >> {log}; [ "$2" != venv ] || exit 7')
    done = run(
        [ROOT / "scripts" / "setup.sh", tmp_path / "venv", "."], ROOT, PYTHON=f"/nowhere/python {good}"
    )
    assert done.status == 7
    assert log.read_text().splitlines()[-1] == f"-m venv {tmp_path / 'venv'}"


@pytest.mark.parametrize(
    ("case", "status", "says"),
    [
        ('<testcase classname="t" name="a"/>', 0, "no test was skipped"),
        (
            '<testcase classname="t" name="a"><skipped type="pytest.skip" message="no clippy"/></testcase>',
            1,
            "t::a: no clippy",
        ),
        (
            '<testcase classname="t" name="a"><skipped type="pytest.xfail" message=""/></testcase>',
            0,
            "no test was skipped",
        ),
        ("", 1, "reports no test at all"),
    ],
)
def test_ci_fails_on_a_skipped_test(tmp_path: Path, case: str, status: int, says: str) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(f"<testsuites><testsuite>{case}</testsuite></testsuites>")
    done = run([sys.executable, ROOT / "scripts" / "no_skips.py", report], tmp_path)
    assert done.status == status
    assert says in done.printed


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("rust/kernel/lib.rs", True),
        ("drivers/net/phy/ax88796b_rust.rs", True),
        ("rust/helpers/slab.c", True),
        ("include/linux/slab.h", True),
        (".clippy.toml", True),
        ("Makefile", True),
        ("drivers/Makefile", False),
        ("drivers/net/tun.c", False),
        ("tools/include/linux/slab.h", False),
    ],
)
def test_what_is_taken_of_a_kernel(path: str, is_read: bool) -> None:
    assert script("get_kernel").wanted(path) is is_read


def _tar(entries: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def test_sources_are_read_out_of_the_package() -> None:
    inner = _tar({"linux-source-9.9/rust/a.rs": b"fn a() {}", "linux-source-9.9/b.c": b""})
    outer = _tar(
        {"./usr/share/doc/copyright": b"x", "./usr/src/linux-source-9.9.tar.xz": lzma.compress(inner)}
    )
    found = [
        (member.name, content.read()) for member, content in script("get_kernel").sources(io.BytesIO(outer))
    ]
    assert found == [("linux-source-9.9/rust/a.rs", b"fn a() {}"), ("linux-source-9.9/b.c", b"")]


def test_a_kernel_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rust" / "kernel").mkdir(parents=True)
    (tmp_path / "rust" / "kernel" / "lib.rs").touch()
    (tmp_path / ".linux-source").write_text("linux-source-6.12 6.12.1-1\n")
    printed = succeed([sys.executable, ROOT / "scripts" / "get_kernel.py", "6.12", tmp_path], tmp_path)
    assert "already there: linux-source-6.12 6.12.1-1" in printed


def test_a_word_is_no_kernel_version(tmp_path: Path) -> None:
    done = run([sys.executable, ROOT / "scripts" / "get_kernel.py", "newest", tmp_path / "tree"], tmp_path)
    assert done.status == 2
    assert "not a kernel version" in done.printed


def test_the_bench_measures_the_demonstration(tmp_path: Path) -> None:
    printed = succeed(
        [sys.executable, ROOT / "scripts" / "bench.py", "--runs", "1", "--edits", "12", ROOT / "demo"],
        tmp_path,
    )
    rows = [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("| ")]
    assert {
        "rfl-lint check --jobs 1, cold",
        "rfl-lint check, warm",
        "bare parse",
        "ast-grep, 4 patterns",
        "`rfl-lint check one.rs`",
    } <= set(rows)
