"""`rfl-lint context`: what is known of a function, and which function a name means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rfl_lint.cli.context import ContextRequest, run_context
from rfl_lint.errors import UsageError
from tests.cli_runner import Runner

PORT = """//! A port.
use crate::bus::Bus;
use kernel::{irq, prelude::*, sync::{Mutex, SpinLock}};

mod bus;

struct Port {
    state: SpinLock<u32>,
    config: Mutex<u32>,
    bus: Bus,
}

impl Port {
    fn reload(&self) {
        *self.config.lock() += 1;
        self.bus.send(1);
    }

    fn locked(&self) {
        let _state = self.state.lock();
        self.reload();
    }

    fn outer(&self) {
        self.locked();
    }

    fn quiet(&self) -> u32 {
        self.state.try_lock().map_or(0, |state| *state)
    }

    fn first(&self) {
        self.quiet();
    }

    fn second(&self) {
        self.first();
    }
}

fn unknown(ports: &Ports) {
    for port in ports.each() {
        port.reload();
    }
}

impl irq::Handler for Port {
    fn handle(&self, _device: &Device<Bound>) -> irq::IrqReturn {
        self.quiet();
        irq::IrqReturn::Handled
    }
}
"""
BUS = """//! The bus.
use kernel::time::{delay::fsleep, Delta};

pub(crate) struct Bus;

impl Bus {
    pub(crate) fn send(&self, _byte: u8) {
        self.wait();
    }

    fn wait(&self) {
        fsleep(Delta::from_millis(1));
    }

    fn first(&self) {}
}
"""


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path)
    runner.write("drivers/port/port.rs", PORT)
    runner.write("drivers/port/bus.rs", BUS)
    return runner


class Asked:
    """Asks in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def text(self, name: str, output_format: str = "text") -> str:
        assert (
            run_context(ContextRequest(name, self.folder, output_format, isolated=True, no_cache=True)) == 0
        )
        return self.capsys.readouterr().out

    def __call__(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text(name, "json"))
        return found


@pytest.fixture
def ask(run: Runner, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(run.folder, capsys)


def test_the_whole_answer_as_text(run: Runner) -> None:
    ran = run("context", "Bus::send", "--tree", ".", "--no-cache")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "Bus::send  drivers/port/bus.rs:7\n"
        "\n"
        "May it sleep?  Yes: it sleeps for a time.\n"
        "  1. drivers/port/bus.rs:8: calls `Bus::wait`\n"
        "  2. drivers/port/bus.rs:12: calls `fsleep`\n"
        "\n"
        "What does it take?  Nothing that is known.\n"
        "\n"
        "Where is it called?\n"
        "  drivers/port/port.rs:16: `Port::reload`, with nothing held that is known\n"
        "  drivers/port/port.rs:21:   `Port::locked` calls `Port::reload`, under the spin lock `self.state`"
        "  <- it must not sleep here\n"
    )


def test_locks_of_the_function_and_below_it(ask: Asked) -> None:
    found = ask("outer")
    assert found["may_sleep"]
    assert [(each["what"], each["atomic"], len(each["by_way_of"])) for each in found["takes"]] == [
        ("the spin lock `self.state`", True, 1),
        ("the mutex `self.config`", False, 2),
    ]
    assert found["callers"] == []


def test_what_does_not_sleep_is_tried_and_starts_in_an_interrupt(ask: Asked) -> None:
    found = ask("Port::quiet")
    assert (found["may_sleep"], found["chain"]) == (False, [])
    assert [each["tried"] for each in found["takes"]] == [True]
    callers = {(each["function"], each["above"], each["atomic"]) for each in found["callers"]}
    assert callers == {("Port::first", 0, False), ("Port::handle", 0, True), ("Port::second", 1, False)}
    assert ask("Port::handle")["starts"] == "atomic"


def test_a_call_on_something_unknown_is_perhaps_one(ask: Asked) -> None:
    callers = ask("reload")["callers"]
    assert {(each["function"], each["sure"]) for each in callers} == {
        ("Port::locked", True),
        ("unknown", False),
    }
    assert "perhaps `unknown`" in ask.text("reload")


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("drivers/port/port.rs:15", "Port::reload"),
        ("port.rs:15", "Port::reload"),
        ("bus::first", "Bus::first"),
        ("Port::first", "Port::first"),
        ("port::Port::first", "Port::first"),
        ("crate::port::Port::first", "Port::first"),
        ("unknown", "unknown"),
    ],
)
def test_which_function_a_name_means(ask: Asked, name: str, function: str) -> None:
    assert ask(name)["function"] == function


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "first",
            "`first` is the name of 2 functions; name one by its place: drivers/port/bus.rs:15 (`Bus::first`), ",
        ),
        (
            "Port::relaod",
            "there is no function `Port::relaod` with a body in this tree; did you mean `Port::reload`",
        ),
        ("Valve::first", "there is no function `Valve::first`"),
        ("no such", "`no such` is no name of a function"),
        ("port.rs:5", "drivers/port/port.rs:5: no function with a body stands there"),
        ("port.rs:500", "the file has"),
        ("valve.rs:5", "valve.rs: there is no such file in this tree"),
    ],
)
def test_names_that_mean_nothing_or_too_much(ask: Asked, name: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        ask.text(name)
    assert words in str(raised.value)


def test_a_folder_without_rust(tmp_path: Path) -> None:
    ran = Runner(tmp_path)("context", "f", "--tree", ".", "--no-cache")
    assert (ran.status, ran.out, "there is no Rust file" in ran.err) == (2, "", True)
    with pytest.raises(UsageError, match="no such folder"):
        run_context(ContextRequest("f", tmp_path / "missing"))
