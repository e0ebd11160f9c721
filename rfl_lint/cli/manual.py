"""The manual page, from the definitions of the commands: what `--help` says, and what holds for all of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

import typer
from typer.core import TyperCommand, TyperGroup

from rfl_lint.cli.app import app
from rfl_lint.version import VERSION

_WIDTH: Final = 78
_SENTENCE_END: Final = re.compile(r"(?<=[\w)`*][.;?]) (?=[A-Z])|(?<=\.)\s+(?=\[)")
_CHARACTERS: Final = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
_DESCRIPTION: Final = (
    "rfl-lint reads Rust code of the Linux kernel and reports what kernel reviewers keep having to say by hand. "
    "It needs no configured kernel, no bindgen and no Rust toolchain. "
    "A whole tree is known, whatever part of it is linted."
)
_STATUSES: Final = {
    "0": "Clean. Notes alone count as clean.",
    "1": "Findings. --exit-zero makes it 0.",
    "2": (
        "The job could not be done: wrong usage, a path or file that cannot be read, a broken configuration or "
        "plugin, a rule that crashed. What was found is printed all the same."
    ),
    "250": "With patch --nipa: warnings, and no errors.",
}
_ENVIRONMENT: Final = {
    "NO_COLOR": "If set and not empty, nothing is coloured. --color goes before it.",
    "FORCE_COLOR": "If set and not empty, output is coloured wherever it goes. NO_COLOR goes before it.",
    "COLUMNS": "How wide the terminal is, in place of what it says itself.",
    "XDG_CACHE_HOME": "Where the cache is kept, in a folder rfl-lint; ~/.cache if it is not set.",
}
_FILES: Final = {
    "rfl-lint.toml, .rfl-lint.toml, pyproject.toml": (
        "The configuration: the nearest one upwards of what is linted. In pyproject.toml it is the table "
        "tool.rfl-lint. The command init writes one in which every setting is explained."
    ),
    "$XDG_CONFIG_HOME/rfl-lint/rfl-lint.toml": "The user's own configuration, where there is no other.",
    ".rfl-lint-baseline.json": "At the root of a tree: the findings that are left out.",
    ".clippy.toml": "At the root of a tree: what it disallows is reported.",
}
_EXAMPLES: Final = {
    "rfl-lint check drivers/gpu": "Lint a folder, knowing the tree around it.",
    "rfl-lint check --diff": "Only what the working tree changes.",
    "rfl-lint patch 0001-add-driver.patch --tree .": "A patch that has not been applied.",
    "rfl-lint report --compare ../linux-6.12": "A page that shows what is new since another tree.",
}
_SEE_ALSO: Final = "git-format-patch(1), b4(1), clippy-driver(1)"


def manual_page() -> str:
    """The page rfl-lint(1), in the macros of man(7)."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101 - an app of several commands is a group
    parent = typer.Context(group, info_name="rfl-lint", **group.context_settings)
    commands = {
        name: (command, typer.Context(command, parent, name))
        for name, command in group.commands.items()
        if isinstance(command, TyperCommand)
    }
    yield '.\\" Made from the definitions of the commands by `make docs`. Change it there.'
    yield f'.TH RFL-LINT 1 "" "rfl-lint {VERSION}" "User Commands"'
    yield ".SH NAME"
    yield "rfl-lint \\- a static linter for Rust\\-for\\-Linux code"
    yield ".SH SYNOPSIS"
    for place, (name, (command, context)) in enumerate(commands.items()):
        if place:
            yield ".br"
        yield f".B rfl\\-lint {_escaped(name)}"
        yield _escaped(" ".join(command.collect_usage_pieces(context)))
    yield from (".SH DESCRIPTION", _roff(_DESCRIPTION))
    yield ".SH OPTIONS"
    yield from _parameters(group, parent)
    yield ".SH COMMANDS"
    for name, (command, context) in commands.items():
        yield f".SS rfl\\-lint {_escaped(name)} {_escaped(' '.join(command.collect_usage_pieces(context)))}"
        yield _roff(command.help or "")
        yield from _parameters(command, context)
    for title, entries in (("EXIT STATUS", _STATUSES), ("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        yield f".SH {title}"
        yield from _tagged(entries.items())
    yield ".SH EXAMPLES"
    yield from _tagged(_EXAMPLES.items())
    yield ".SH SEE ALSO"
    yield _roff(_SEE_ALSO)


def _parameters(command: TyperCommand | TyperGroup, context: typer.Context) -> Iterator[str]:
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    yield from _tagged(record for record in records if record is not None)


def _tagged(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, text in entries:
        yield from (".TP", f"\\fB{_escaped(' '.join(tag.split()))}\\fR", _roff(text))


def _roff(text: str) -> str:
    """Prose in lines of its own: a sentence begins a line, as roff wants it, and none begins as a request does."""
    sentences = _SENTENCE_END.split(" ".join(text.split()))
    lines = [
        line for sentence in sentences for line in textwrap.wrap(sentence, _WIDTH, break_on_hyphens=False)
    ]
    return "\n".join(
        f"\\&{line}" if line.startswith((".", "\\(aq")) else line for line in map(_escaped, lines)
    )


def _escaped(text: str) -> str:
    """Characters that stand for themselves."""
    return "".join(_CHARACTERS.get(char, char) for char in text)
