"""What several files say together, made from their facts alone, and asked by name.

Names are not unique in a kernel, so no query ever picks one of several: it hands back all candidates, and
`only` of an answer is set if there is one, or if all of them say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from rfl_lint.facts import FieldFact, FileFacts, FunctionFact, ImplFact, TypeFact, head_name
from rfl_lint.index_names import Found, Names
from rfl_lint.index_tables import Answer, Tables, few, layout_of

T = TypeVar("T")
V = TypeVar("V")
Place = tuple[str, int] | tuple[()]
_MAX_ALIASES: Final = 8


class Index:
    """Answers by name; an answer may be "unknown", and then a default rule stays silent.

    Without `near` a name stands for everything of that name in all files. `near` is the path of the asking file:
    then the name (or path, `a::b::Name`) means what it means there, by definitions, `use` lines and modules, and
    what neither is in that file's crate nor imported there is no answer. `module` is the module of that file (`a::b`,
    empty for the file itself); None stands for any of them, and the file's own definitions hide what is imported.
    """

    def __init__(self, facts: Iterable[FileFacts] = ()) -> None:
        """Merge the facts of several files."""
        self.files = {fact.path: fact for fact in facts}
        self.names = Names(self.files)
        self._tables: Tables | None = None
        self._memo: dict[tuple[object, ...], object] = {}

    def replace(self, facts: FileFacts) -> None:
        """Take in what a file says now, in the place of what it said before, if anything."""
        before = self.files.get(facts.path)
        if self._tables is not None:
            if before is not None:
                self._tables.remove(before)
            self._tables.add(facts)
        self.files[facts.path] = facts
        self._changed(facts.path, layout=before is None or layout_of(before) != layout_of(facts))

    def remove(self, path: str) -> None:
        """Forget a file."""
        before = self.files.pop(path, None)
        if before is not None:
            if self._tables is not None:
                self._tables.remove(before)
            self._changed(path, layout=True)

    def _changed(self, path: str, *, layout: bool) -> None:
        self._memo.clear()
        self.names.forget(path, layout=layout)

    @property
    def tables(self) -> Tables:
        """Everything by its bare name."""
        if self._tables is None:
            self._tables = Tables(self.files.values())
        return self._tables

    # Types.

    def type(self, name: str, *, near: str = "", module: str | None = None) -> Answer[TypeFact]:
        """The structs, enums, unions, aliases and traits that a name or path means."""
        key = ("type", name, near, module)
        return self.once(key, lambda: Answer(few(self._types(name, near, module), near)))

    def _types(self, name: str, near: str, module: str | None) -> tuple[TypeFact, ...]:
        if not near:
            return self.tables.types(_last(name))
        local = self.tables.types_in(near, name)
        if module is None and local:
            return local
        found = self.names.meaning(name, near, module or "")
        return found.types if found is not None else local

    def fields(
        self, type_name: str, *, near: str = "", module: str | None = None
    ) -> tuple[FieldFact, ...] | None:
        """The fields of a type of which there is one definition only (or several that agree)."""
        fact = self.type(type_name, near=near, module=module).only
        return fact.fields if fact is not None else None

    def field_type(
        self, type_name: str, field: str, *, near: str = "", module: str | None = None
    ) -> str | None:
        """The text of a field's type, if all definitions of the type that the index knows agree on it."""
        answer = self.type(type_name, near=near, module=module)
        return answer.agreed(lambda fact: next((f.type for f in fact.fields if f.name == field), "")) or None

    def with_invariants(self, near: str) -> frozenset[str]:
        """The names, others' names for them included, of types with documented invariants that a file may mean."""

        def grouped() -> dict[str, set[str]]:
            found: dict[str, set[str]] = {}
            for path, file in self.files.items():
                names = (
                    other for fact in file.types if fact.invariants for other in self._names_of(fact.name)
                )
                found.setdefault(self.names.sight(path), set()).update(names)
            return found

        found, own = self.once(("with invariants",), grouped), self.names.sight(near)
        return self.once(
            ("with invariants", own), lambda: frozenset((*found.get("", ()), *found.get(own, ())))
        )

    def mentioning(self, names: frozenset[str]) -> tuple[str, ...]:
        """The files that mention one of some names of C behind `bindings::`."""

        def found() -> tuple[str, ...]:
            return tuple(path for path, file in self.files.items() if not names.isdisjoint(file.bindings))

        return self.once(("mentioning", names), found)

    # Functions.

    def functions(self, name: str, *, near: str = "", module: str | None = None) -> Answer[FunctionFact]:
        """The free functions that a name or path means."""
        key = ("functions", name, near, module)
        return self.once(key, lambda: Answer(few(self._free(name, near, module), near)))

    def _free(self, name: str, near: str, module: str | None) -> tuple[FunctionFact, ...]:
        if not near:
            return self.tables.functions("", _last(name))
        local = self.tables.functions_in(near, "", name)
        if module is None and local:
            return local
        found = self.names.meaning(name, near, module or "")
        return found.functions if found is not None else local

    def methods(
        self, owner: str, name: str, *, near: str = "", module: str | None = None
    ) -> Answer[FunctionFact]:
        """The methods and associated functions `name` of the type or trait that `owner` means.

        Those of its own `impl` blocks; else those of the type that it is an alias of; else the default methods of
        the traits that it implements.
        """
        key = ("methods", owner, name, near, module)
        if key not in self._memo:
            self._memo[key] = Answer(few(self._methods(owner, name, near, module), near) if owner else ())
        return self._memo[key]  # type: ignore[return-value]

    def _methods(self, owner: str, name: str, near: str, module: str | None) -> tuple[FunctionFact, ...]:
        if not near:
            return self.tables.functions(_last(owner), name)
        types = self.type(owner, near=near, module=module).candidates
        if not types:
            return self._of_undefined(owner, name, near, module or "")
        for _ in range(_MAX_ALIASES):
            found = tuple(fact for each in types for fact in self._methods_of(each, name))
            if found or any(each.kind != "alias" for each in types):
                return found
            types = self._targets(types)
        return ()

    def _targets(self, aliases: Iterable[TypeFact]) -> tuple[TypeFact, ...]:
        """What aliases stand for, where that is defined in some file."""
        return tuple(
            target
            for alias in aliases
            if alias.kind == "alias" and (path := head_path(alias.target))
            for target in self.type(path, near=alias.path, module=alias.module).candidates
            if target is not alias
        )

    def _methods_of(self, owner: TypeFact, name: str) -> tuple[FunctionFact, ...]:
        """The methods of one definition, wherever its `impl` blocks stand."""
        place = _place(owner)
        own = tuple(
            fact
            for known_as in self._names_of(owner.name)
            for fact in self._methods_by_owner(known_as, name).get(place, ())
        )
        return own or tuple(
            fact
            for trait in self.traits(owner)
            for fact in self._methods_by_owner(trait.name, name).get(_place(trait), ())
            if fact.has_body
        )

    def _names_of(self, name: str) -> tuple[str, ...]:
        return self.once(("names", name), lambda: self.tables.names_of(name))

    def _methods_by_owner(self, owner: str, name: str) -> dict[Place, list[FunctionFact]]:
        """Methods whose `impl` names its type so, by the definition that this means; (): by none."""

        def grouped() -> dict[Place, list[FunctionFact]]:
            return _grouped(
                (place, fact)
                for fact in self.tables.functions(owner, name)
                for place in [_place(each) for each in self.owners(fact)] or [()]
            )

        return self.once(("methods by owner", owner, name), grouped)

    def once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What is computed of all files together, kept until one of them changes."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]  # type: ignore[return-value]

    def _of_undefined(self, owner: str, name: str, near: str, module: str) -> tuple[FunctionFact, ...]:
        """Methods of a type that no file defines: it comes from a macro, or from outside of the files."""
        found = self._methods_by_owner(_last(owner), name).get((), [])
        path = owner if "::" in owner else self.imported(near, owner) or ""
        home = self.names.meaning(path.rpartition("::")[0], near, module) if "::" in path else None
        if home is not None and home.modules:
            return tuple(fact for fact in found if self.names.home(fact.path) in home.modules)
        local = tuple(fact for fact in found if fact.path == near and "::" not in owner)
        return local or tuple(
            fact for fact in found if fact.path.startswith("rust/") and _last(owner) not in _generics_of(fact)
        )

    def named(self, name: str, *, near: str = "") -> tuple[FunctionFact, ...]:
        """Every function and method of a name, whoever it belongs to, that a file's code may have to do with."""

        def grouped() -> dict[str, list[FunctionFact]]:
            found: dict[str, list[FunctionFact]] = {}
            for path in sorted(self.files):
                for fact in self.files[path].functions:
                    found.setdefault(fact.name, []).append(fact)
            return found

        found = self.once(("named",), grouped).get(name, ())
        return tuple(fact for fact in found if not near or self.names.sees(near, fact.path))

    def has_method(self, name: str, *, near: str = "") -> bool:
        """Whether any type or trait has a method of that name."""
        return any(fact.receiver for fact in self.named(name, near=near))

    def reaching(self, names: frozenset[str]) -> frozenset[tuple[str, int, str]]:
        """Functions with a pointer as parameter that may lead to a call of one of these names, judged by names alone.

        Each by its path, start and name: a quick test before anything is looked at closely.
        """
        key = ("reaching", names)
        if key not in self._memo:
            found: set[tuple[str, int, str]] = set()
            waiting, asked = list(names), set(names)
            while waiting:
                for fact in self.tables.callers(waiting.pop()):
                    found.add((fact.path, fact.span.start, fact.name))
                    if fact.name not in asked:
                        asked.add(fact.name)
                        waiting.append(fact.name)
            self._memo[key] = frozenset(found)
        return self._memo[key]  # type: ignore[return-value]

    def owners(self, fact: FunctionFact | ImplFact) -> tuple[TypeFact, ...]:
        """The definitions that the type of a method or of an `impl` block may mean."""
        written = fact.owner_type if isinstance(fact, FunctionFact) else fact.type
        key = ("owners", written, fact.path, fact.module)
        if key not in self._memo:
            path = head_path(written)
            types = self.type(path, near=fact.path, module=fact.module).candidates if path else ()
            self._memo[key] = (*types, *self._targets(types))
        return self._memo[key]  # type: ignore[return-value]

    def traits(self, owner: TypeFact) -> tuple[TypeFact, ...]:
        """The traits, as far as files define them, that a type implements."""
        key = ("traits", owner.path, owner.span.start)
        if key not in self._memo:
            found = (
                trait
                for impl in self.impls_of(owner)
                if (path := head_path(impl.trait))
                for trait in self.type(path, near=impl.path, module=impl.module).candidates
            )
            self._memo[key] = tuple(dict.fromkeys(found))
        return self._memo[key]  # type: ignore[return-value]

    def overriding(self, fact: FunctionFact) -> tuple[FunctionFact, ...]:
        """For a method that a trait declares: what the `impl` blocks of the trait put in its place."""
        trait = next((each for each in self.owners(fact) if each.kind == "trait"), None)
        if trait is None or not fact.trait:
            return ()

        def grouped() -> dict[Place, list[FunctionFact]]:
            return _grouped(
                (_place(each), other)
                for other in self.tables.trait_methods(fact.name)
                if other.owner_type != other.trait
                for each in self.type(head_path(other.trait), near=other.path, module=other.module).candidates
            )

        return tuple(self.once(("overriding", fact.name), grouped).get(_place(trait), ()))

    # Implementations.

    def impls(self, owner: str) -> tuple[ImplFact, ...]:
        """Every `impl` block for a type of that name."""
        return self.tables.impls(owner)

    def impls_of(self, owner: TypeFact) -> tuple[ImplFact, ...]:
        """Every `impl` block for one type."""
        place = _place(owner)

        def found() -> tuple[ImplFact, ...]:
            return tuple(
                impl
                for known_as in self._names_of(owner.name)
                for impl in self._impls_by_owner(known_as).get(place, ())
            )

        return self.once(("impls_of", place), found)

    def _impls_by_owner(self, owner: str) -> dict[Place, list[ImplFact]]:
        def grouped() -> dict[Place, list[ImplFact]]:
            return _grouped(
                (_place(each), impl) for impl in self.tables.impls(owner) for each in self.owners(impl)
            )

        return self.once(("impls by owner", owner), grouped)

    def implements(self, owner: str, trait: str, *, near: str) -> bool:
        """Whether some `impl` of the trait (its last path segment) for a type of that name is in a file's sight."""
        known = (impl for impl in self.tables.impls(owner) if self.names.sees(near, impl.path))
        return any(head_name(impl.trait) == trait for impl in known)

    # Imports.

    def imported(self, path: str, name: str) -> str | None:
        """The full path of what the file `path` imports as `name`, if it does so in one way only."""
        key = ("uses", path)
        if key not in self._memo:
            found: dict[str, set[str]] = {}
            facts = self.files.get(path)
            for fact in facts.uses if facts is not None else ():
                if fact.alias:
                    found.setdefault(fact.alias, set()).add(fact.path)
            self._memo[key] = found
        uses: dict[str, set[str]] = self._memo[key]  # type: ignore[assignment]
        paths = uses.get(name, ())
        return next(iter(paths)) if len(paths) == 1 else None

    def original_name(self, path: str, name: str) -> str:
        """The name that a type has where it is defined: `B` for `C` after `use a::B as C`."""
        imported = self.imported(path, name)
        return imported.rpartition("::")[2] if imported is not None else name

    def meaning(self, name: str, *, near: str, module: str = "") -> Found | None:
        """Everything that a path means at a place; None if nothing there mentions its first word."""
        return self.names.meaning(name, near, module)

    def _is_alone(self, fact: TypeFact | FunctionFact) -> bool:
        """Whether its file has no other definition of its name."""
        if isinstance(fact, TypeFact):
            return len(self.tables.types_in(fact.path, fact.name)) == 1
        return len(self.tables.functions_in(fact.path, "", fact.name)) == 1

    def path_of(self, fact: TypeFact | FunctionFact, near: str) -> str:
        """A path under which `near` can name a definition; its bare name if that file has it, and no other so named."""
        if fact.path == near and (not fact.module or self._is_alone(fact)):
            return fact.name
        home = self.names.home(fact.path)
        crate = home.crate if fact.path.startswith("rust/") else "crate"
        return "::".join(part for part in (crate, home.module, fact.module, fact.name) if part)


def _generics_of(fact: FunctionFact) -> list[str]:
    return re.findall(r"\w+", fact.owner_generics)


def _place(fact: TypeFact) -> Place:
    return (fact.path, fact.span.start)


def _grouped(pairs: Iterable[tuple[Place, V]]) -> dict[Place, list[V]]:
    found: dict[Place, list[V]] = {}
    for place, value in pairs:
        found.setdefault(place, []).append(value)
    return found


def head_path(type_text: str) -> str:
    """The path of a type as written, without generics: `a::Foo` of `&mut a::Foo<T>`; empty if it is none."""
    name = head_name(type_text)
    if not name:
        return ""
    before = type_text.partition("<")[0].rpartition(name)[0].split()
    return "".join(before[-1:]).lstrip("&*") + name if before and before[-1].endswith("::") else name


def _last(path: str) -> str:
    return path.rpartition("::")[2]
