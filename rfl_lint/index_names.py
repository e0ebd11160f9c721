"""Which definitions a path can mean: crates from file paths, modules from `mod` lines, names through `use` lines.

Three answers: the definitions, "said to be elsewhere" (an import that leads out of what is known), and "not
mentioned" (None): then the caller may try something else. Nothing outside of the asking file's crate and of what
it imports is ever an answer, so one driver's definitions cannot speak for another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

from rfl_lint.facts import FileFacts, FunctionFact, ModuleFact, TypeFact, UseFact

_ROOT_STEMS: Final = frozenset({"lib", "main"})
_CRATE: Final = frozenset({"crate", "$crate"})
_MAX_HOPS: Final = 40


class Home(Struct, frozen=True):
    """A module: `crate` is a library's name, or the path of a driver's root file or folder; `module` is `a::b`."""

    crate: str
    module: str = ""

    def inside(self, name: str) -> Home:
        """The module of that name in this one."""
        return Home(self.crate, f"{self.module}::{name}" if self.module else name)

    @property
    def parent(self) -> Home:
        """The module around this one."""
        return Home(self.crate, self.module.rpartition("::")[0])


def library_home(path: str) -> Home | None:
    """The module that a file below `rust/` is: `rust/kernel/a/b.rs` is `kernel::a::b`."""
    parts = path.removesuffix(".rs").split("/")
    if parts[0] != "rust" or len(parts) < 2:
        return None
    crate, rest = parts[1:2], parts[2:]
    if "src" in rest:
        at = rest.index("src")
        crate, rest = crate + rest[:at], rest[at + 1 :]
    if rest and (rest[-1] == "mod" or (len(rest) == 1 and rest[0] in _ROOT_STEMS)):
        rest = rest[:-1]
    return Home("_".join(crate).replace("-", "_"), "::".join(rest))


def homes_of(files: Mapping[str, FileFacts]) -> dict[str, Home]:
    """The module that each file is.

    Outside of `rust/` a crate is what the `mod` lines of a root file lead to. A file that no `mod` line names is
    a module of the crate whose only root lies in the topmost folder of Rust files above it, or of that folder.
    """
    found: dict[str, Home] = {}
    above: dict[str, tuple[str, str]] = {}
    rooted: dict[str, list[str]] = {}
    for path, facts in files.items():
        library = library_home(path)
        if library is not None:
            found[path] = library
            continue
        for module in facts.modules:
            child = None if module.inline else next((f for f in _files_of(path, module) if f in files), None)
            if child is not None and child != path:
                name = f"{module.module}::{module.name}" if module.module else module.name
                above.setdefault(child, (path, name))
    drivers = [path for path in files if path not in found]
    parents = {parent for parent, _ in above.values()}
    folders = {path.rpartition("/")[0] for path in drivers}
    for path in parents:
        if path not in above:
            rooted.setdefault(path.rpartition("/")[0], []).append(path)
    for path in drivers:
        root, names = _up(path, above)
        if root in parents or root != path:
            found[path] = Home(root, "::".join(names))
        else:
            found[path] = _orphan(path, folders, rooted)
    return found


def _files_of(path: str, module: ModuleFact) -> Iterator[str]:
    """Where the file of a `mod name;` may be; the first that exists is it."""
    folder, _, name = path.removesuffix(".rs").rpartition("/")
    for text in module.attributes:
        if text.startswith("#[path"):
            yield _joined(folder, text.partition('"')[2].partition('"')[0])
    inner = [part for part in module.module.split("::") if part]
    bases = [folder] if name == "mod" or name in _ROOT_STEMS else [_joined(folder, name), folder]
    for base in bases:
        place = _joined(base, "/".join([*inner, module.name]))
        yield f"{place}.rs"
        yield f"{place}/mod.rs"


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _up(path: str, above: dict[str, tuple[str, str]]) -> tuple[str, list[str]]:
    """The root file that leads to a file, and the modules on the way."""
    names: list[str] = []
    seen = {path}
    while path in above and len(names) < _MAX_HOPS:
        path, name = above[path]
        names.insert(0, name)
        if path in seen:
            break
        seen.add(path)
    return path, names


def _orphan(path: str, folders: set[str], rooted: dict[str, list[str]]) -> Home:
    folder = path.rpartition("/")[0]
    parts = folder.split("/") if folder else []
    heads = ["/".join(parts[:count]) for count in range(len(parts) + 1)]
    near = next((head for head in reversed(heads) if len(rooted.get(head, ())) == 1), None)
    top = near if near is not None else next((head for head in heads if head in folders), folder)
    below = path.removesuffix(".rs")[len(top) :].strip("/").split("/")
    if below[-1] == "mod" and len(below) > 1:
        below = below[:-1]
    return Home(rooted[near][0] if near is not None else top, "::".join(below))


class Scope(Struct):
    """What one module of one file says of names."""

    types: dict[str, list[TypeFact]] = field(default_factory=dict)
    functions: dict[str, list[FunctionFact]] = field(default_factory=dict)
    uses: dict[str, list[UseFact]] = field(default_factory=dict)
    globs: list[UseFact] = field(default_factory=list)


def scopes_of(facts: FileFacts) -> dict[str, Scope]:
    """The modules of a file, by their path in it; the file itself is the empty one."""
    found: dict[str, Scope] = {"": Scope()}
    for module in facts.modules:
        if module.inline:
            path = f"{module.module}::{module.name}" if module.module else module.name
            found.setdefault(path, Scope())
    for fact in facts.types:
        found.setdefault(fact.module, Scope()).types.setdefault(fact.name, []).append(fact)
    for function in facts.functions:
        if not function.owner:
            scope = found.setdefault(function.module, Scope())
            scope.functions.setdefault(function.name, []).append(function)
    for use in facts.uses:
        scope = found.setdefault(use.module, Scope())
        if use.glob:
            scope.globs.append(use)
        elif use.alias not in ("", "_"):
            scope.uses.setdefault(use.alias, []).append(use)
    return found


Definition = TypeFact | FunctionFact


class Found(Struct, frozen=True):
    """What a name means: definitions, and modules of that name."""

    types: tuple[TypeFact, ...] = ()
    functions: tuple[FunctionFact, ...] = ()
    modules: tuple[Home, ...] = ()

    def joined(self, other: Found) -> Found:
        """Both together."""
        if ELSEWHERE in (self, other):
            return other if self == ELSEWHERE else self
        return Found(
            tuple(dict.fromkeys(self.types + other.types)),
            tuple(dict.fromkeys(self.functions + other.functions)),
            tuple(dict.fromkeys(self.modules + other.modules)),
        )


ELSEWHERE: Final = Found()


class Member(Struct, frozen=True):
    """What a name means in a module. `hops` is how deep that had to be looked for.

    `cut` tells that a circle of imports, or too many hops, ended the search somewhere: what was found may depend on
    where it began.
    """

    found: Found | None
    hops: int = 0
    cut: bool = True


_OPEN: Final = Member(None)
"""Stands for what is still being looked for."""


class Names(Struct, eq=False):
    """Resolves paths over the facts of files. `forget` makes it look at the files anew."""

    files: Mapping[str, FileFacts]
    _homes: dict[str, Home] | None = None
    _by_home: dict[Home, list[str]] = field(default_factory=dict)
    _crates: set[str] = field(default_factory=set)
    _above: set[Home] = field(default_factory=set)
    _scopes: dict[str, dict[str, Scope]] = field(default_factory=dict)
    _answers: dict[tuple[str, str, str], Found | None] = field(default_factory=dict)
    _at: dict[Home, tuple[Scope, ...]] = field(default_factory=dict)
    members: dict[tuple[Home, str], Member] = field(default_factory=dict)
    """What names mean in modules, where no circle of imports is on the way: so it is whoever asks."""

    def forget(self, path: str, *, layout: bool) -> None:
        """A file changed; `layout` tells whether it is new, gone, or declares other modules."""
        self._scopes.pop(path, None)
        self._answers.clear()
        self._at.clear()
        self.members.clear()
        if layout:
            self._homes = None

    def move(self, path: str) -> dict[tuple[str, str, str], Found | None]:
        """The items of a file stand elsewhere now. What is known by name, for the caller to drop what names them."""
        old = {id(scope) for scope in self._scopes.pop(path, {}).values()}
        self._at = {home: known for home, known in self._at.items() if old.isdisjoint(map(id, known))}
        return self._answers

    def home(self, path: str) -> Home:
        """The module that a file is."""
        return self._homes_now().get(path, Home(path))

    def sight(self, path: str) -> str:
        """The crate of a file, empty for libraries; below a folder without a root each file may be a driver."""
        home, library = self.home(path), path.startswith("rust/")
        own = home.crate if home.crate.endswith(".rs") else f"{home.crate}/{home.module.partition('::')[0]}"
        return "" if library else own

    def sees(self, near: str, path: str) -> bool:
        """Whether one file's code may have to do with what another one holds."""
        return self.sight(path) in ("", self.sight(near))

    def _homes_now(self) -> dict[str, Home]:
        if self._homes is None:
            self._homes = homes_of(self.files)
            self._by_home, self._above = {}, set()
            for path in sorted(self._homes):
                home = self._homes[path]
                self._by_home.setdefault(home, []).append(path)
                while home.module and home.parent not in self._above:
                    home = home.parent
                    self._above.add(home)
            self._crates = {home.crate for path, home in self._homes.items() if path.startswith("rust/")}
        return self._homes

    def meaning(self, name: str, path: str, module: str = "") -> Found | None:
        """What `name` (or a path `a::b::name`) means in a module of a file; None if nothing there mentions it."""
        key = (name, path, module)
        if key not in self._answers:
            start = self.home(path)
            for part in module.split("::") if module else ():
                start = start.inside(part)
            self._answers[key] = _Query(self).path(name.split("::"), start)
        return self._answers[key]

    def scope(self, home: Home) -> tuple[Scope, ...]:
        """What the files that hold a module say of it."""
        known = self._at.get(home)
        if known is None:
            known = self._at[home] = tuple(self._scopes_at(home))
        return known

    def _scopes_at(self, home: Home) -> Iterator[Scope]:
        self._homes_now()
        outer, inner = home, ""
        for _ in range(_MAX_HOPS):
            for path in self._by_home.get(outer, ()):
                if path not in self._scopes:
                    self._scopes[path] = scopes_of(self.files[path])
                scope = self._scopes[path].get(inner)
                if scope is not None:
                    yield scope
            if not outer.module:
                break
            last = outer.module.rpartition("::")[2]
            inner = f"{last}::{inner}" if inner else last
            outer = outer.parent

    def file_home(self, home: Home) -> Home:
        """The module of the file that a module stands in."""
        self._homes_now()
        while home.module and home not in self._by_home:
            home = home.parent
        return home

    def exists(self, home: Home) -> bool:
        """Whether some file holds the module, or one inside it."""
        self._homes_now()
        return home in self._above or bool(self.scope(home))

    def crate(self, name: str) -> Home | None:
        """The root of a library crate below `rust/`."""
        self._homes_now()
        return Home(name) if name in self._crates else None


class _Query(Struct, eq=False):
    """One question. What it finds on the way is kept, so that circles of imports cost nothing."""

    names: Names
    _known: dict[tuple[Home, str], Member] = field(default_factory=dict)
    _hops: int = 0
    _deepest: int = 0
    _cut: bool = False

    def path(self, words: list[str], start: Home) -> Found | None:
        """What a path means that is written in a module; None if its first word is not mentioned there."""
        first, *rest = words
        at: Found | None
        if first in _CRATE:
            at = Found(modules=self._roots(start))
        elif first == "self":
            at = Found(modules=(start,))
        elif first == "super":
            at = Found(modules=(start.parent,))
            while rest and rest[0] == "super":
                at, rest = Found(modules=(at.modules[0].parent,)), rest[1:]
        else:
            at = self.member(start, first)
            if at is None:
                crate = self.names.crate(first) if rest else None
                at = Found(modules=(crate,)) if crate is not None else None
        for word in rest:
            if at is None:
                break
            inside = [self.member(module, word) for module in at.modules]
            at = ELSEWHERE
            for found in inside:
                at = at.joined(found) if found is not None else at
        return at

    def _roots(self, start: Home) -> tuple[Home, ...]:
        """`crate`: a file that no `mod` line names may be a crate of its own, or a module of a folder's."""
        root = Home(start.crate)
        if start.crate.endswith(".rs") or self.names.crate(start.crate) is not None:
            return (root,)
        return (root, self.names.file_home(start))

    def member(self, home: Home, name: str) -> Found | None:
        """What a name means in a module; None if the module does not mention it."""
        key = (home, name)
        known = self._known.get(key)
        if known is None:
            known = self.names.members.get(key)
            if known is None or self._hops + known.hops > _MAX_HOPS:
                known = self._looked_up(key)
        self._cut = self._cut or known.cut
        self._deepest = max(self._deepest, self._hops + known.hops)
        return known.found

    def _looked_up(self, key: tuple[Home, str]) -> Member:
        if self._hops >= _MAX_HOPS:
            return _OPEN
        self._known[key] = _OPEN
        outer = (self._deepest, self._cut)
        self._hops += 1
        self._deepest, self._cut = self._hops, False
        try:
            found = self._member(*key)
        finally:
            self._hops -= 1
        known = self._known[key] = Member(found, self._deepest - self._hops, self._cut)
        self._deepest, self._cut = outer
        if not known.cut:
            self.names.members[key] = known
        return known

    def _member(self, home: Home, name: str) -> Found | None:
        below = home.inside(name)
        found = Found(modules=(below,)) if self.names.exists(below) else ELSEWHERE
        mentioned = bool(found.modules)
        scopes = list(self.names.scope(home))
        for scope in scopes:
            types, functions = scope.types.get(name, ()), scope.functions.get(name, ())
            mentioned = mentioned or bool(types or functions)
            found = found.joined(Found(tuple(types), tuple(functions)))
            for use in scope.uses.get(name, ()):
                if use.path == name:  # `use name;` makes a macro or a crate importable
                    crate = self.names.crate(name)
                    if crate is not None:
                        mentioned, found = True, found.joined(Found(modules=(crate,)))
                    continue
                mentioned = True
                found = found.joined(self.path(use.path.split("::"), home) or ELSEWHERE)
        if mentioned:
            return found
        for scope in scopes:
            for use in scope.globs:
                for module in (self.path(use.path.split("::"), home) or ELSEWHERE).modules:
                    if module != home:
                        given = self._visible(module, name, home)
                        mentioned = mentioned or given is not None
                        found = found.joined(given or ELSEWHERE)
        return found if mentioned else None

    def _visible(self, module: Home, name: str, importer: Home) -> Found | None:
        """What a glob import takes of a module: all of it in a module inside, else what is public."""
        inside = importer.crate == module.crate and (
            not module.module
            or importer.module == module.module
            or importer.module.startswith(f"{module.module}::")
        )
        if not inside and not any(self._gives(scope, name) for scope in self.names.scope(module)):
            return None
        return self.member(module, name)

    @staticmethod
    def _gives(scope: Scope, name: str) -> bool:
        items = (*scope.types.get(name, ()), *scope.functions.get(name, ()), *scope.uses.get(name, ()))
        return any(item.is_pub for item in items) or any(use.is_pub for use in scope.globs)
