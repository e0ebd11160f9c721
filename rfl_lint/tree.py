"""The tree a file belongs to: where its root is, which era of kernel it is, and what role each path plays.

Nothing here asks for a version: stable branches take API changes as backports, so only the presence of
files tells what a tree's code may call.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from os.path import exists, isdir, isfile
from pathlib import Path, PurePosixPath
from typing import Final

KERNEL_MARKER: Final = "rust/kernel/lib.rs"


class Era(Enum):
    """Which allocation API the tree's code is written against."""

    UPSTREAM_ALLOC = "alloc61"
    """A fork of the standard `alloc` crate: fallible `try_*` calls, no flags anywhere."""
    EXTENSION_TRAITS = "ext"
    """`BoxExt` and `VecExt` add methods with a flags argument to the standard types."""
    OWN = "own"
    """The kernel's own `KBox`, `KVec` and their siblings."""


class Role(Enum):
    """What kind of code a path holds."""

    ABSTRACTION = "abstraction"
    DRIVER = "driver"
    SAMPLE = "sample"
    HOST = "host code"
    VENDORED = "vendored"
    GENERATED = "generated"

    def __str__(self) -> str:
        return self.value


KERNEL_ROLES: Final = frozenset({Role.ABSTRACTION, Role.DRIVER, Role.SAMPLE})

_VENDORED: Final = (
    "rust/syn/",
    "rust/quote/",
    "rust/proc-macro2/",
    "rust/zerocopy/",
    "rust/zerocopy-derive/",
    "rust/alloc/",
)
_GENERATED: Final = ("rust/bindings/", "rust/uapi/")
_HOST: Final = (
    "scripts/", "tools/", "rust/macros/", "rust/pin-init/internal/", "rust/pin-init/examples/",
    "samples/rust/hostprogs/", "rust/kernel/alloc/allocator_test.rs",
)  # fmt: skip
# Parts of the kernel that others build on: Rust in there is no leaf.
_CORE: Final = (
    "arch/", "block/", "drivers/base/", "init/", "io_uring/", "ipc/", "kernel/", "lib/", "mm/", "rust/", "virt/",
)  # fmt: skip
_MAX_TEXT_BYTES: Final = 1_000_000
# Files whose presence tells what the tree offers.
_FACT_FILES: Final = (
    KERNEL_MARKER,
    "rust/kernel/alloc/kbox.rs",
    "rust/kernel/alloc/box_ext.rs",
    "rust/ffi.rs",
)


@dataclass(frozen=True, slots=True)
class KernelTree:
    """What is known of a tree before any of its Rust is read.

    `root` is None for text that stands alone (standard input without a tree). `present` holds those of the
    telling files that exist. `texts` are files, by path, of a tree that is only pretended.
    """

    root: Path | None = None
    present: frozenset[str] = frozenset()
    files: frozenset[str] | None = None
    """All files of a tree that is on no disk."""
    texts: tuple[tuple[str, str], ...] = ()

    def text(self, path: str) -> str | None:
        """A file that is no Rust, by its path relative to the root; None where there is none, or none of that size."""
        pretended = dict(self.texts).get(path)
        if pretended is not None or self.root is None:
            return pretended
        try:
            if not isfile(self.root / path):
                return None
            with (self.root / path).open("rb") as stream:
                data = stream.read(_MAX_TEXT_BYTES + 1)
        except OSError:
            return None
        return data.decode("utf-8", "replace") if len(data) <= _MAX_TEXT_BYTES else None

    @property
    def is_kernel(self) -> bool:
        """Whether this is a Linux source tree with Rust in it."""
        return KERNEL_MARKER in self.present

    @property
    def has_own_ffi(self) -> bool:
        """Whether there are C types of the kernel's own beside `core::ffi`; outside of any kernel tree there are."""
        return not self.is_kernel or "rust/ffi.rs" in self.present

    @property
    def era(self) -> Era:
        """The allocation API in use; code outside any kernel tree is held to the newest."""
        if not self.is_kernel or "rust/kernel/alloc/kbox.rs" in self.present:
            return Era.OWN
        if "rust/kernel/alloc/box_ext.rs" in self.present:
            return Era.EXTENSION_TRAITS
        return Era.UPSTREAM_ALLOC

    def role(self, path: str) -> Role:
        """The role of a path relative to the root. Outside a kernel everything that is not host code is a driver."""
        name = PurePosixPath(path).name
        if name.endswith("_generated.rs") or path.startswith(_GENERATED):
            return Role.GENERATED
        if path.startswith(_VENDORED):
            return Role.VENDORED
        parts = PurePosixPath(path).parts
        if path.startswith(_HOST) or name == "build.rs" or "examples" in parts[:-1]:
            return Role.HOST
        if path.startswith("samples/"):
            return Role.SAMPLE
        if path.startswith("rust/"):
            return Role.ABSTRACTION
        return Role.DRIVER

    def is_leaf(self, path: str) -> bool:
        """Whether a path is a leaf module, as drivers, file systems and samples are: nobody builds on it."""
        return self.role(path) in (Role.DRIVER, Role.SAMPLE) and not path.startswith(_CORE)

    def holds(self, path: str) -> bool:
        """Whether there is a file or folder at a path relative to the root; never looks outside of it."""
        inside = inside_path(path)
        if inside is None:
            return False
        if self.files is not None:
            return inside in self.files or any(name.startswith(f"{inside}/") for name in self.files)
        return self.root is not None and exists(self.root / inside)

    def names_in(self, folder: str) -> frozenset[str] | None:
        """The names in a folder of the tree; None where it has no such folder."""
        inside = inside_path(folder) if folder else ""
        if inside is None:
            return None
        if self.files is not None:
            below = f"{inside}/" if inside else ""
            held = (name.removeprefix(below) for name in self.files if name.startswith(below))
            return frozenset(name.partition("/")[0] for name in held) or None
        if self.root is None:
            return None
        try:
            return frozenset(each.name for each in (self.root / inside).iterdir())
        except OSError:
            return None


def inside_path(path: str) -> str | None:
    """A path relative to a tree's root without `.` and `..`; None for the root itself and for what leads out of it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) if parts and "\0" not in path else None


def read_tree(root: Path) -> KernelTree:
    """Look at a root folder, without reading any file."""
    return KernelTree(root, frozenset(name for name in _FACT_FILES if isfile(root / name)))


def find_root(path: Path, fallback: Path | None = None) -> Path:
    """The root of the tree that `path` (absolute, a file or folder) belongs to.

    The nearest ancestor with `rust/kernel/lib.rs`, else the nearest with `.git`, else the folder that was asked
    for (`fallback`), else the one that the file lies in.
    """
    folder = path if isdir(path) else path.parent
    above = (folder, *folder.parents)
    for candidate in above:
        if isfile(candidate / KERNEL_MARKER):
            return candidate
    for candidate in above:
        if exists(candidate / ".git"):
            return candidate
    return fallback if fallback is not None else folder
