"""Fetch the parts of a kernel tree that rfl-lint reads, from Debian's linux-source packages.

usage: get_kernel.py VERSION FOLDER      (VERSION as in 6.1, 6.12 or 7.2)

Rust sources, headers, the Rust documentation, and a few files that tell what a tree is. Where the packages
come from is taken from apt's own configuration. A version that the machine's release does not carry is
looked for in Debian's stable and unstable, with package lists of its own, so that the machine's stay untouched.
Needs apt-get and dpkg-deb. A folder that already holds a kernel is left alone.
"""

from __future__ import annotations

import argparse
import lzma
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final

KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
MARKER: Final = "rust/kernel/lib.rs"
STAMP: Final = ".linux-source"
FOLDERS: Final = (
    "rust/",
    "include/linux/",
    "include/uapi/linux/",
    "include/drm/",
    "include/net/",
    "Documentation/rust/",
)
FILES: Final = ("Makefile", ".clippy.toml", "scripts/checkpatch.pl")


def main() -> int:
    """Fetch one version; the exit status."""
    parser = argparse.ArgumentParser(description="Fetch the Rust parts of a kernel tree.")
    parser.add_argument("version", help="as in 6.12")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    if not re.fullmatch(r"[0-9]+\.[0-9]+", arguments.version):
        parser.error(f"{arguments.version} is not a kernel version such as 6.12")
    if (folder / MARKER).is_file():
        stamp = folder / STAMP
        print(f"{folder}: already there: {stamp.read_text().strip() if stamp.is_file() else 'a kernel'}")
        return 0
    if missing := [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if shutil.which(tool) is None]:
        print(
            f"get_kernel.py needs {', '.join(missing)}: it works on Debian and its relatives", file=sys.stderr
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="rfl-lint-kernel-") as scratch:
        try:
            package = download(arguments.version, Path(scratch))
        except (subprocess.CalledProcessError, LookupError) as error:
            print(f"linux-source-{arguments.version} cannot be had: {error}", file=sys.stderr)
            return 2
        name, version = (field(package, key) for key in ("Package", "Version"))
        print(f"unpacking {name} {version}", flush=True)
        # Into a folder beside the target first: an interrupted run must not leave half a tree that looks whole.
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as partial:
            count = unpack(package, Path(partial) / "tree")
            (Path(partial) / "tree" / STAMP).write_text(f"{name} {version}\n")
            if not (Path(partial) / "tree" / MARKER).is_file():
                print(f"{name} {version} holds no {MARKER}", file=sys.stderr)
                return 2
            if folder.exists():
                folder.rmdir()
            (Path(partial) / "tree").rename(folder)
    print(f"{folder}: {count} Rust files from {name} {version}")
    return 0


def download(version: str, scratch: Path) -> Path:
    """Download the source package of a version; from the machine's own release if that has it."""
    wanted = f"linux-source-{version}"
    if not known(wanted, []):
        run(["apt-get", "-qq", "update"], check=False)
    if known(wanted, []):
        return fetch(wanted, [], scratch)
    options = private_lists(scratch)
    if not known(wanted, options):
        newest = newest_source(options)
        print(f"{wanted} is not in the archive any more; taking {newest}", file=sys.stderr)
        wanted = newest
    return fetch(wanted, options, scratch)


def known(package: str, options: Sequence[str]) -> bool:
    """Whether apt has a candidate of the package."""
    policy = run(["apt-cache", *options, "policy", package], check=False)
    return bool(re.search(r"Candidate: (?!\(none\))\S", policy))


def newest_source(options: Sequence[str]) -> str:
    """The newest linux-source package there is."""
    listing = run(["apt-cache", *options, "search", "--names-only", r"^linux-source-[0-9.]+$"])
    names = re.findall(r"^(linux-source-[0-9.]+)\b", listing, re.MULTILINE)
    if not names:
        raise LookupError("the archive lists no linux-source package")
    return str(max(names, key=lambda name: [int(part) for part in name.split("-")[2].split(".")]))


def fetch(package: str, options: Sequence[str], scratch: Path) -> Path:
    """Download a package into the scratch folder."""
    print(f"downloading {package}", flush=True)
    run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *options, "download", package], folder=scratch)
    return next(scratch.glob("*.deb"))


def private_lists(scratch: Path) -> list[str]:
    """The options of an apt with lists of its own: Debian's stable and unstable, as far away as the machine's."""
    source = scratch / "sources.list"
    signed = f"[signed-by={KEYRING}] " if Path(KEYRING).is_file() else ""
    archive = archive_address()
    source.write_text("".join(f"deb {signed}{archive} {suite} main\n" for suite in ("stable", "sid")))
    for folder in ("state/lists/partial", "cache/archives/partial", "parts"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "status").touch()
    settings = {
        "Dir::State": scratch / "state",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "Dir::Etc::sourcelist": source,
        "Dir::Etc::sourceparts": scratch / "parts",
        "APT::Sandbox::User": "root",
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    run(["apt-get", "-qq", *options, "update"])
    return options


def archive_address() -> str:
    """Where the machine's own configuration has Debian's archive."""
    form = "$(REPO_URI)"
    listing = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
    addresses = list(dict.fromkeys(line.strip().rstrip("/") for line in listing.splitlines()))
    for address in addresses:
        if address.endswith("/debian"):
            return address
    raise LookupError(
        f"apt's configuration names no Debian archive, only {', '.join(addresses) or 'nothing'}"
    )


def field(package: Path, name: str) -> str:
    """A field of a package file."""
    return run(["dpkg-deb", "-f", str(package), name]).strip()


def unpack(package: Path, target: Path) -> int:
    """Unpack what is wanted of the sources; how many Rust files there were. Nothing else touches the disk."""
    count = 0
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        for member, content in sources(process.stdout):
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if content is not None and ".." not in path.parts and wanted(str(path)):
                at = target / path
                at.parent.mkdir(parents=True, exist_ok=True)
                with at.open("wb") as out:
                    shutil.copyfileobj(content, out)
                count += path.suffix == ".rs"
    return count


def sources(package: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """The members of the compressed source archive within a package's own archive, read as they come."""
    with tarfile.open(fileobj=package, mode="r|") as outer:
        for entry in outer:
            if entry.name.endswith(".tar.xz") and (stored := outer.extractfile(entry)) is not None:
                with lzma.open(stored) as plain, tarfile.open(fileobj=plain, mode="r|") as inner:
                    for member in inner:
                        yield member, inner.extractfile(member) if member.isfile() else None


def wanted(path: str) -> bool:
    """Whether rfl-lint reads the file at this path of a kernel tree."""
    return path.endswith(".rs") or path in FILES or path.startswith(FOLDERS)


def run(command: Sequence[str], *, check: bool = True, folder: Path | None = None) -> str:
    """Run a program and return what it printed; its complaints go to stderr."""
    done = subprocess.run(command, check=check, cwd=folder, stdout=subprocess.PIPE, text=True)
    return str(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
