"""Make docs/rules, the tables of the rules, the manual page and the code quoted in pages, or check them for drift.

usage: generate_docs.py [--check]
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from pathlib import Path
from typing import Final

from rfl_lint.cli.manual import manual_page
from rfl_lint.deferred import TABLE
from rfl_lint.docs import markdown_pages, with_rules_table
from rfl_lint.registry import builtin_rules, builtin_table
from rfl_lint.tables import TRANSLATION, translation

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = ROOT / "docs" / "rules"
README: Final = ROOT / "README.md"
MANUAL: Final = ROOT / "docs" / "man" / "rfl-lint.1"
QUOTING: Final = (ROOT / "docs" / "plugins.md", ROOT / "docs" / "subsystem-packs.md")
_QUOTE: Final = re.compile(r"(<!-- from (\S+) -->\n```\w*\n).*?(?<=\n)```\n", re.DOTALL)


def wanted_files() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    rules = builtin_rules()
    files = {PAGES / name: text for name, text in markdown_pages(rules).items()}
    files[TABLE] = builtin_table().source
    files[TRANSLATION] = translation()
    files[README] = with_rules_table(README.read_text(encoding="utf-8"), rules, "docs/rules/")
    files[MANUAL] = manual_page()
    files |= {page: with_quotes(page) for page in QUOTING}
    return files


def with_quotes(page: Path) -> str:
    """A page with the files it quotes as they are now."""

    def quote(match: re.Match[str]) -> str:
        return f"{match[1]}{(page.parent / match[2]).read_text(encoding='utf-8')}```\n"

    return _QUOTE.sub(quote, page.read_text(encoding="utf-8"))


def drift(files: dict[Path, str]) -> list[str]:
    """What differs between the files and what they should hold, in words and as diffs."""
    found = [f"{path.relative_to(ROOT)}: no rule has this page" for path in stale_pages(files)]
    for path, text in sorted(files.items()):
        present = path.read_text(encoding="utf-8") if path.is_file() else ""
        name = str(path.relative_to(ROOT))
        if present != text:
            lines = difflib.unified_diff(
                present.splitlines(), text.splitlines(), name, f"{name} (made anew)", lineterm="", n=1
            )
            found.append("\n".join(lines))
    return found


def stale_pages(files: dict[Path, str]) -> list[Path]:
    """Pages of rules that are gone."""
    return [path for path in sorted(PAGES.glob("*")) if path not in files]


def main() -> int:
    """Write the files, or with --check only compare; the exit status."""
    parser = argparse.ArgumentParser(description="Make the generated documentation.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if something is out of date"
    )
    checking = parser.parse_args().check
    files = wanted_files()
    if checking:
        found = drift(files)
        print("\n".join([*found, "run `make docs`"]) if found else "generated documentation is up to date")
        return 1 if found else 0
    for path in stale_pages(files):
        path.unlink()
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
