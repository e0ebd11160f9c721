"""What docs/reliability.md promises for the day on which something goes wrong, shown on whole processes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli_runner import CLEAN, UNSAFE, Runner
from tests.conftest import ROOT

# Enough bytes that two processes share the work.
LARGE = UNSAFE + "// padding\n" * 20_000
CONCISE = ("--output-format", "concise")


@pytest.fixture
def rfl(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def begun(rfl: Runner, *args: str, **settings: object) -> subprocess.Popen[bytes]:
    """The process of a run that goes on while the test does."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(rfl.folder / "cache")}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "rfl_lint", "check", *args],
        cwd=rfl.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **settings,
    )


def no_room() -> None:
    """Files cannot grow in this process, as on a full disk; pipes can."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def waiting_plugin(rfl: Runner, body: str) -> None:
    rfl.plugin("local-fault", body)
    rfl.write("rfl-lint.toml", "plugins = ['local-fault.py']")


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


# Workers.


def test_a_worker_that_is_killed_is_told_and_the_rest_is_printed(rfl: Runner) -> None:
    for name in ("a", "b", "c"):
        rfl.write(f"{name}.rs", LARGE)
    waiting_plugin(
        rfl, "import os; os.kill(os.getpid(), 9) if cx.path == 'b.rs' else None\n        yield from ()"
    )
    ran = rfl("check", "--trust-plugins", "--jobs", "2", *CONCISE)
    assert ran.status == 2
    assert "a worker process was killed; not linted: " in ran.err
    assert "b.rs" in ran.err.partition("not linted: ")[2]
    printed = {line.partition(":")[0] for line in ran.out.splitlines()}
    told = {name for name in ("a.rs", "b.rs", "c.rs") if name in ran.err}
    assert printed | told == {"a.rs", "b.rs", "c.rs"}
    assert not printed & told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_goes_on_when_the_run_is_ended(rfl: Runner, number: signal.Signals) -> None:
    for name in ("a", "b", "c"):
        rfl.write(f"{name}.rs", LARGE)
    body = "import os, time; open(f'{os.getpid()}.pid', 'w').close(); time.sleep(60)\n        yield from ()"
    waiting_plugin(rfl, body)
    with begun(rfl, "--trust-plugins", "--jobs", "2", start_new_session=True) as process:
        wait_for(lambda: len(list(rfl.folder.glob("*.pid"))) == 2)
        workers = [int(path.stem) for path in rfl.folder.glob("*.pid")]
        # A terminal sends an interrupt to all of them; the others are meant for one.
        os.killpg(process.pid, number) if number is signal.SIGINT else process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert out == b""
    if number is signal.SIGINT:
        assert process.returncode == 2
        assert err.decode() == "rfl-lint: error: interrupted: what was printed may be part of the findings\n"
    else:
        assert process.returncode == -number
        assert b"Traceback" not in err
    wait_for(lambda: not any(_lives(worker) for worker in workers))


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


# Disks.


def tree_of(rfl: Runner) -> None:
    for number in range(8):
        rfl.write(f"drivers/d{number}/main.rs", UNSAFE)
        rfl.write(f"rust/kernel/m{number}.rs", f"pub fn help{number}() {{}}\n" + UNSAFE)
    rfl.write("rust/kernel/lib.rs", CLEAN)


def test_a_full_disk_costs_the_cache_and_nothing_else(rfl: Runner) -> None:
    tree_of(rfl)
    expected = rfl("check", "--no-cache", *CONCISE)
    with begun(rfl, *CONCISE, preexec_fn=no_room) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode(), err.decode()) == (expected.status, expected.out, expected.err)
    assert expected.status == 1
    assert not [path for path in (rfl.folder / "cache").rglob("*") if path.is_file()]


def test_a_full_disk_leaves_reports_and_sources_as_they_were(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE)
    rfl.write("report.json", "old")
    with begun(rfl, "--output", "json=report.json", "--fix", "--unsafe-fixes", preexec_fn=no_room) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"report.json: cannot be written: File too large" in err
    assert b"a.rs: cannot be written: File too large; not fixed" in err
    assert (rfl.folder / "report.json").read_text() == "old"
    assert (rfl.folder / "a.rs").read_text() == UNSAFE
    assert sorted(path.name for path in rfl.folder.iterdir() if path.is_file()) == ["a.rs", "report.json"]


@pytest.mark.parametrize("where", ["/proc/nowhere", "/dev/null", "file"])
def test_a_cache_that_cannot_be_had_is_done_without(rfl: Runner, where: str) -> None:
    tree_of(rfl)
    rfl.write("file", "not a folder")
    place = where if where.startswith("/") else str(rfl.folder / where)
    expected = rfl("check", "--no-cache", *CONCISE)
    ran = rfl("check", *CONCISE, env={"XDG_CACHE_HOME": place})
    assert ran == expected


def test_a_damaged_cache_changes_nothing(rfl: Runner) -> None:
    tree_of(rfl)
    settings = {"XDG_CACHE_HOME": str(rfl.folder / "cache")}
    expected = rfl("check", "--no-cache", *CONCISE)
    assert rfl("check", *CONCISE, env=settings) == expected
    files = [path for path in (rfl.folder / "cache").rglob("*") if path.is_file()]
    assert files
    for damage in (
        lambda data: data[: len(data) // 2],
        lambda _data: b"",
        lambda data: data[:-9] + b"\0" * 9,
        lambda data: data.replace(b" 0.", b" 9.", 1),
        lambda data: b"another program's\n" + data,
    ):
        for file in files:
            file.write_bytes(damage(file.read_bytes()))
        assert rfl("check", *CONCISE, env=settings) == expected


def test_the_cache_never_tells_what_was(rfl: Runner) -> None:
    tree_of(rfl)
    settings = {"XDG_CACHE_HOME": str(rfl.folder / "cache")}
    rfl("check", *CONCISE, env=settings)
    file = rfl.folder / "drivers/d3/main.rs"
    stamp = file.stat()
    file.write_text(UNSAFE.replace("unsafe", "      "))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    ran = rfl("check", *CONCISE, env=settings)
    assert ran == rfl("check", "--no-cache", *CONCISE)
    assert "d3" not in ran.out


# Files that do not stay as they are.


def test_a_file_that_vanishes_is_told(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.write("z.rs", LARGE)
    rfl.write("y.rs", UNSAFE)
    body = "import os; cx.path == 'a.rs' and os.path.exists('z.rs') and os.unlink('z.rs'); yield from ()"
    waiting_plugin(rfl, body)
    ran = rfl("check", "--trust-plugins", "--jobs", "1", "--no-cache", *CONCISE)
    assert "y.rs:2:5" in ran.out
    assert ("z.rs:2:5" in ran.out) != ("z.rs: cannot be read" in ran.err)
    assert ran.status == (2 if "z.rs" in ran.err else 1)


def test_a_file_that_changes_is_judged_and_shown_as_it_was_read(rfl: Runner) -> None:
    rfl.write("a.rs", CLEAN)
    rfl.write("z.rs", UNSAFE)
    body = "open('z.rs', 'w').write('// another line\\n' * 9 + 'fn f() { unsafe { other() } }\\n'); yield from ()"
    waiting_plugin(rfl, body)
    ran = rfl("check", "--trust-plugins", "--output-format", "json")
    (finding,) = (
        each for each in json.loads(ran.out)["findings"] if each["rule"] == "missing-safety-comment"
    )
    shown = (finding["path"], finding["line"], "g()" in finding["snippet"], "other" in finding["snippet"])
    assert shown in {("z.rs", 2, True, False), ("z.rs", 10, False, True)}


# Readers.


def test_a_reader_that_takes_its_time_gets_everything(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE * 3_000)
    with begun(rfl, *CONCISE) as process:
        time.sleep(2)
        assert process.stdout is not None
        assert process.poll() is None
        lines = process.stdout.read().splitlines()
        assert process.wait(30) == 1
    assert len([line for line in lines if b"missing-safety-comment" in line]) == 3_000


def test_a_reader_that_goes_away_is_status_2_and_no_complaint(rfl: Runner) -> None:
    rfl.write("a.rs", UNSAFE * 3_000)
    with begun(rfl, *CONCISE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 2


# Size. `make many` does the same with 100,000 files, and says what that takes.


@pytest.mark.parametrize(("files", "shape"), [(5_000, ()), (1_000, ("--plain",))])
def test_many_files(files: int, shape: tuple[str, ...]) -> None:
    program = str(ROOT / "scripts" / "many_files.py")
    options = ["--files", str(files), "--folders", "300", "--jobs", "2", *shape]
    done = subprocess.run([sys.executable, program, *options], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "FAULT" not in done.stdout
