"""The least that any tool of this kind does: read files and parse them. Prints the seconds, start-up left out.

usage: parse.py FILE      (which names the files to parse, one a line)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import tree_sitter_rust
from tree_sitter import Language, Parser


def main() -> None:
    """Parse every file once."""
    parser = Parser(Language(tree_sitter_rust.language()))
    begun = time.perf_counter()
    for name in Path(sys.argv[1]).read_text().splitlines():
        parser.parse(Path(name).read_bytes())
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
