"""Bring the definitions of output formats that others publish, for the tests that check against them.

usage: get_schemas.py [FOLDER]      (default: build/schemas)

SARIF's schema and Microsoft's own validator come in an npm package, the XSD of JUnit's XML in pytest's sources. Both
are taken from the registries that npm and pip are set up for; what is there already is not fetched again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

MULTITOOL: Final = "@microsoft/sarif-multitool-linux@5.7.0"
PYTEST: Final = "pytest==9.0.2"


def main() -> int:
    """Fetch what is missing; the exit status."""
    parser = argparse.ArgumentParser(description="Fetch the definitions of output formats.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/schemas"))
    folder: Path = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if not (folder / "Sarif.Multitool").is_file():
            fetch(["npm", "pack", "--silent", MULTITOOL], {"sarif-2.1.0.json", "Sarif.Multitool"}, folder)
            (folder / "Sarif.Multitool").chmod(0o755)
        if not (folder / "junit-10.xsd").is_file():
            sources = ("--no-deps", "--no-binary", "pytest", "--quiet", PYTEST)
            fetch([sys.executable, "-m", "pip", "download", *sources], {"junit-10.xsd"}, folder)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the definitions of output formats cannot be had: {error}", file=sys.stderr)
        return 2
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    return 0


def fetch(command: list[str], names: set[str], folder: Path) -> None:
    """Download an archive and keep the files of these names."""
    with tempfile.TemporaryDirectory(prefix="rfl-lint-schemas-") as scratch:
        subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        (archive,) = (*Path(scratch).glob("*.tgz"), *Path(scratch).glob("*.tar.gz"))
        with tarfile.open(archive) as packed:
            for member in packed:
                name = Path(member.name).name
                content = packed.extractfile(member) if name in names else None
                if content is not None:
                    (folder / name).write_bytes(content.read())


if __name__ == "__main__":
    sys.exit(main())
