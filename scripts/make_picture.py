"""Make docs/demo.svg: what `rfl-lint check` prints for a part of demo/, as a terminal shows it.

usage: make_picture.py [--check]
"""

from __future__ import annotations

import argparse
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


def picture() -> str:
    """The command and its real output, drawn by rich."""
    program = [sys.executable, "-m", "rfl_lint", *COMMAND[1:], "--isolated", "--color", "always"]
    done = subprocess.run(program, cwd=ROOT / "demo", capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise SystemExit(
            f"{' '.join(COMMAND)} ended with {done.returncode}, not with findings:\n{done.stderr}"
        )
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), " ".join(COMMAND)))
    console.print(Text.from_ansi(done.stdout), soft_wrap=True)
    # A fixed identity, so that the file changes only when the output does.
    return console.export_svg(title="rfl-lint", code_format=FORMAT, unique_id="rfl-lint-demo")


def main() -> int:
    """Write the picture, or with --check only compare; the exit status."""
    parser = argparse.ArgumentParser(description="Make the picture of the README.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it is out of date")
    checking = parser.parse_args().check
    drawn = picture()
    if checking:
        current = PICTURE.is_file() and PICTURE.read_text(encoding="utf-8") == drawn
        print("docs/demo.svg is up to date" if current else "docs/demo.svg is out of date: run `make docs`")
        return 0 if current else 1
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
