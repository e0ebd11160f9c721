"""Set up a clippy of Debian's unstable beside whatever the machine has, for the test that compares with it.

usage: get_clippy.py FOLDER      (afterwards FOLDER/bin/clippy-driver is there)

The comparison speaks of a clippy newer than most releases carry. The packages are unpacked into a folder, with
the C library they need, and run from there: nothing is installed, and nothing of the machine changes.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from get_kernel import private_lists, run

PACKAGES: Final = ("rust-clippy/unstable", "libstd-rust-dev/unstable")
# With an empty list of installed packages apt would add every essential one; only dependencies are wanted.
CLOSURE: Final = (
    "-o", "pkgCacheGen::Essential=none", "-o", "APT::Install-Recommends=false", "-o", "APT::Install-Suggests=false",
    "-o", "Debug::NoLocking=true",
)  # fmt: skip


def main() -> int:
    """Download, unpack, write the wrapper, and try it; the exit status."""
    parser = argparse.ArgumentParser(description="Unpack a recent clippy from Debian's unstable.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.resolve()
    wrapper = folder / "bin" / "clippy-driver"
    if not wrapper.is_file():
        with tempfile.TemporaryDirectory(prefix="rfl-lint-clippy-") as scratch:
            try:
                unpack(Path(scratch), folder / "root")
            except (subprocess.CalledProcessError, LookupError) as error:
                print(f"a recent clippy cannot be had: {error}", file=sys.stderr)
                return 2
        write_wrapper(folder / "root", wrapper)
    print(run([str(wrapper), "--version"]).strip())
    return 0


def unpack(scratch: Path, root: Path) -> None:
    """Download the packages and all they depend on, and unpack them below `root`."""
    options = private_lists(scratch)
    print(f"downloading {' '.join(PACKAGES)}", flush=True)
    run(["apt-get", "-qq", *options, *CLOSURE, "--download-only", "--yes", "install", *PACKAGES])
    root.mkdir(parents=True, exist_ok=True)
    for package in sorted((scratch / "cache" / "archives").glob("*.deb")):
        run(["dpkg-deb", "-x", str(package), str(root)])


def write_wrapper(root: Path, wrapper: Path) -> None:
    """A program that runs the unpacked driver with its own loader and libraries, and with its own sysroot."""
    loader = next(path for pattern in ("ld-linux*.so.*", "*/ld-linux*.so.*") for path in root.rglob(pattern))
    libraries = sorted({str(path.parent) for path in (root / "usr" / "lib").rglob("lib*.so.*")})
    command = [
        str(loader),
        "--library-path",
        ":".join(libraries),
        str(root / "usr" / "bin" / "clippy-driver"),
    ]
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    wrapper.write_text(
        f'#!/bin/sh\nSYSROOT={shlex.quote(str(root / "usr"))}\nexport SYSROOT\nexec {shlex.join(command)} "$@"\n'
    )
    wrapper.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
