"""Make docs/demo.svg: what `rfl-lint check` prints for a part of demo/, as a terminal shows it.

A test compares what it shows with what the command prints.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT: Final = Path(__file__).parent.parent
PICTURE: Final = ROOT / "docs" / "demo.svg"
COMMAND: Final = ("rfl-lint", "check", "rust/kernel/guard.rs", "drivers/demo/blinker.rs")
WIDTH: Final = 110
# Without the fonts that rich would have a browser load from elsewhere: any monospaced one does.
FORMAT: Final = re.sub(r"\s*@font-face \{\{.*?\}\}|\s*<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def output() -> str:
    """What the command really prints, in colour."""
    program = [sys.executable, "-m", "rfl_lint", *COMMAND[1:], "--isolated", "--color", "always"]
    done = subprocess.run(program, cwd=ROOT / "demo", capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise SystemExit(
            f"{' '.join(COMMAND)} ended with {done.returncode}, not with findings:\n{done.stderr}"
        )
    return done.stdout


def main() -> int:
    """Draw the command and its output; the exit status."""
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), " ".join(COMMAND)))
    console.print(Text.from_ansi(output()))
    # A fixed identity, so that the file changes only when the output does.
    drawn = console.export_svg(title="rfl-lint", code_format=FORMAT, unique_id="rfl-lint-demo")
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
