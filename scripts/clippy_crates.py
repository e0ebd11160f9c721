"""Crates of Debian's librust packages: fetched, and compiled one by one with rustc or clippy-driver.

Cargo is not asked: a package names its source, its features and what it depends on, and that is all there is to know
for a check of one library. What is not packaged, and what is for other systems, is left out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from get_kernel import private_lists, run

SUITE: Final = "stable"
_REGISTRY: Final = Path("usr/share/cargo/registry")
_CFG: Final = re.compile(r"^cargo::?rustc-cfg=(.*)$", re.MULTILINE)
_SPAN: Final = re.compile(r"(\S+\.rs):(\d+):\d+: \d+:\d+ \(#(\d+)\)")


def fetch(packages: Sequence[str], folder: Path) -> None:
    """Download and unpack the packages into a folder, unless it has some already."""
    if (folder / _REGISTRY).is_dir():
        return
    with tempfile.TemporaryDirectory(prefix="rfl-lint-crates-") as name:
        scratch = Path(name)
        options = private_lists(scratch)
        wanted = [f"librust-{package}-dev/{SUITE}" for package in packages]
        print(f"downloading {len(wanted)} packages", flush=True)
        run(["apt-get", "-qq", *options, "download", *wanted], folder=scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for package in sorted(scratch.glob("*.deb")):
            run(["dpkg-deb", "-x", str(package), str(folder)])


@dataclass(frozen=True, slots=True)
class Crate:
    """A library as its manifest describes it."""

    name: str
    version: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def library(self) -> str:
        """What `use` calls it."""
        return str(self.manifest.get("lib", {}).get("name", self.name)).replace("-", "_")

    @property
    def root(self) -> Path:
        """The file of its root module."""
        return self.folder / str(self.manifest.get("lib", {}).get("path", "src/lib.rs"))

    @property
    def edition(self) -> str:
        """The edition it is written in."""
        return str(self.manifest["package"].get("edition", "2015"))

    def features(self, asked: Sequence[str]) -> set[str]:
        """The features that are on when these are asked for."""
        known: dict[str, list[str]] = self.manifest.get("features", {})
        found: set[str] = set()
        pending = list(asked)
        while pending:
            feature = pending.pop()
            if feature not in found:
                found.add(feature)
                for each in known.get(feature, []):
                    name, slash, _ = each.removeprefix("dep:").partition("/")
                    if not (slash and name.endswith("?")):
                        pending.append(name)
        return found

    def dependencies(self, features: set[str], kind: str = "dependencies") -> Iterator[tuple[str, str]]:
        """What it needs with these features: the name it has here, and the package's name."""
        tables = [self.manifest.get(kind, {})]
        tables += [table.get(kind, {}) for table in self.manifest.get("target", {}).values()]
        for table in tables:
            for name, entry in table.items():
                detail = entry if isinstance(entry, dict) else {}
                if not detail.get("optional") or name in features:
                    yield name.replace("-", "_"), detail.get("package", name)


def crates(folder: Path) -> dict[str, Crate]:
    """The crates that are unpacked below a folder, by name."""
    found = {}
    for path in sorted((folder / _REGISTRY).glob("*/Cargo.toml")):
        manifest = tomllib.loads(path.read_text())
        package = manifest["package"]
        found[package["name"]] = Crate(package["name"], package["version"], path.parent, manifest)
    return found


@dataclass(slots=True)
class Build:
    """A folder of compiled crates. `features` has what is asked of those that are not taken with their defaults."""

    folder: Path
    known: Mapping[str, Crate]
    features: Mapping[str, Sequence[str]]
    _built: dict[tuple[str, bool], Path] = field(default_factory=dict)

    def library(self, crate: Crate, *, link: bool = False) -> Path:
        """Compile a crate as a dependency: its metadata, or the whole where it is to be linked."""
        key = (crate.name, link)
        if key not in self._built:
            suffix = "rlib" if link else "rmeta"
            if crate.manifest.get("lib", {}).get("proc-macro"):
                suffix = "so"
            kind = "proc-macro" if suffix == "so" else "lib"
            emit = "metadata" if suffix == "rmeta" else "link"
            output = self.folder / f"lib{crate.library}{'-linked' if link else ''}.{suffix}"
            command = self.command(crate, "rustc", link=link)
            run([*command, f"--crate-type={kind}", f"--emit={emit}", "-o", str(output), "--cap-lints=allow"])
            self._built[key] = output
        return self._built[key]

    def command(self, crate: Crate, program: str, *, link: bool = False) -> list[str]:
        """The command that compiles a crate's library, but for what it is to make."""
        asked = self.asked(crate)
        command = [program, f"--edition={crate.edition}", f"--crate-name={crate.library}", str(crate.root)]
        command += [f'--cfg=feature="{feature}"' for feature in sorted(asked)]
        command += [f"--cfg={each}" for each in self._script_cfgs(crate, asked)]
        return command + self._externs(crate, asked, link=link)

    def asked(self, crate: Crate) -> set[str]:
        """The features a crate is compiled with."""
        return crate.features(self.features.get(crate.name, ["default"]))

    def environment(self, crate: Crate) -> dict[str, str]:
        """What cargo tells the compiler and build scripts of a package."""
        major, minor, patch = re.split(r"[.+-]", crate.version)[:3]
        target = run(["rustc", "--print=host-tuple"]).strip()
        out = self.folder / f"out-{crate.name}"
        out.mkdir(exist_ok=True)
        cfgs: dict[str, list[str]] = {}
        for line in run(["rustc", "--print=cfg"]).splitlines():
            name, _, value = line.partition("=")
            cfgs.setdefault(name, []).append(value.strip('"'))
        said = {f"CARGO_CFG_{name.upper()}": ",".join(values) for name, values in cfgs.items()}
        said |= {f"CARGO_FEATURE_{name.upper().replace('-', '_')}": "1" for name in self.asked(crate)}
        said |= {"TARGET": target, "HOST": target, "OUT_DIR": str(out), "RUSTC": "rustc", "OPT_LEVEL": "0"}
        said |= {"CARGO_MANIFEST_DIR": str(crate.folder), "CARGO_PKG_NAME": crate.name, "DEBUG": "true"}
        said |= {"CARGO_PKG_VERSION": crate.version, "PROFILE": "debug", "CARGO_ENCODED_RUSTFLAGS": ""}
        return {
            **os.environ,
            **said,
            "CARGO_PKG_VERSION_MAJOR": major,
            "CARGO_PKG_VERSION_MINOR": minor,
            "CARGO_PKG_VERSION_PATCH": patch,
        }

    def _externs(
        self, crate: Crate, features: set[str], *, link: bool, kind: str = "dependencies"
    ) -> list[str]:
        parts = ["-L", str(self.folder)]
        for name, package in crate.dependencies(features, kind):
            if package in self.known:
                parts += ["--extern", f"{name}={self.library(self.known[package], link=link)}"]
        return parts

    def _script_cfgs(self, crate: Crate, features: set[str]) -> list[str]:
        """What the crate's build script turns on."""
        script = crate.manifest["package"].get("build", "build.rs")
        if script is False or not (crate.folder / script).is_file():
            return []
        said = self.folder / f"{crate.library}.cfgs"
        if not said.exists():
            program = self.folder / f"build-{crate.library}"
            externs = self._externs(crate, features, link=True, kind="build-dependencies")
            environment = self.environment(crate)
            command = ["rustc", f"--edition={crate.edition}", str(crate.folder / script), "--cap-lints=allow"]
            _compile([*command, *externs, "-o", str(program)], crate.folder, environment)
            said.write_text(_compile([str(program)], crate.folder, environment))
        return _CFG.findall(said.read_text())


def _compile(command: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
    return subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


@dataclass(frozen=True, slots=True, order=True)
class Spoken:
    """A warning of clippy: where, what, and the bytes that it marks."""

    path: str
    line: int
    start: int
    end: int
    lint: str


def clippy(build: Build, crate: Crate, driver: str, lints: Sequence[str], config: str) -> list[Spoken]:
    """What clippy reports in the files of a crate."""
    linted = build.folder / "linted"
    linted.mkdir(exist_ok=True)
    (build.folder / "clippy.toml").write_text(config)
    command = build.command(crate, driver)
    command += ["--crate-type=lib", "--emit=metadata", f"--out-dir={linted}", "--error-format=json"]
    command += ["--cap-lints=warn", "-Aunused", "-Aclippy::all", *(f"-Wclippy::{lint}" for lint in lints)]
    environment = {**build.environment(crate), "CLIPPY_CONF_DIR": str(build.folder)}
    done = subprocess.run(
        command, cwd=crate.folder, env=environment, capture_output=True, text=True, check=False
    )
    messages = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    if done.returncode:
        raise RuntimeError("\n".join(each["rendered"] for each in messages if each["level"] == "error"))
    found = set()
    for message in messages:
        name = ((message.get("code") or {}).get("code") or "").removeprefix("clippy::")
        for span in message["spans"]:
            path = Path(crate.folder, span["file_name"])
            if name in lints and span["is_primary"] and path.is_relative_to(crate.folder):
                where = path.relative_to(crate.folder).as_posix()
                found.add(Spoken(where, span["line_start"], span["byte_start"], span["byte_end"], name))
    return sorted(found)


def compiled_lines(build: Build, crate: Crate) -> dict[str, dict[int, bool]]:
    """Which lines of a crate's files the compiler saw, by path; and whether any of it came out of an expansion."""
    command = [*build.command(crate, "rustc"), "--crate-type=lib", "--cap-lints=allow"]
    environment = {**build.environment(crate), "RUSTC_BOOTSTRAP": "1"}
    seen: dict[str, dict[int, bool]] = {}
    command += ["-Zunpretty=hir-tree"]
    with subprocess.Popen(
        command, cwd=crate.folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            return seen
        for text in process.stdout:
            for name, line, context in _SPAN.findall(text):
                path = Path(crate.folder, name)
                if path.is_relative_to(crate.folder):
                    lines = seen.setdefault(path.relative_to(crate.folder).as_posix(), {})
                    lines[int(line)] = lines.get(int(line), False) or context != "0"
    return seen
