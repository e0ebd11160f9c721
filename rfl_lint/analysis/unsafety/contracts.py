"""What the unsafe functions called in a block, or the trait of an unsafe impl, require, and where that is declared."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call, call_of
from rfl_lint.analysis.unsafety.callees import Callee
from rfl_lint.analysis.unsafety.operations import unsafe_operations
from rfl_lint.fact_types import Contract
from rfl_lint.facts import FunctionFact
from rfl_lint.finding import Label
from rfl_lint.index import head_path
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_TABLE: Final = "unsafe_functions"


class Demand(Struct, frozen=True):
    """What one callee or trait requires. `path` and `contract` tell where the tree says so.

    `call` is the call; None for the trait of an impl. `of` is the function or method that documents it.
    """

    name: str
    requirements: tuple[str, ...]
    listed: bool = False
    path: str = ""
    contract: Contract | None = None
    call: Call | None = None
    of: FunctionFact | None = None

    @property
    def label(self) -> Label | None:
        """The place where the requirements are written; None if not in the tree."""
        if self.contract is None:
            return None
        return Label(self.contract.span, f"what `{self.name}` requires", self.path)


def demands(cx: Context, node: Node) -> tuple[Demand, ...]:
    """The requirements of every callee in an unsafe block, or of the trait of an unsafe impl; the known ones."""
    if node.type == "impl_item":
        found = _of_impl(cx, node)
        return () if found is None else (found,)
    result: list[Demand] = []
    for operation in unsafe_operations(cx, node):
        callee = operation.callee
        demand = demand_of(cx, callee) if callee is not None else None
        if demand is not None:
            result.append(replace(demand, call=call_of(operation.whole, cx.parsed)))
    return tuple(result)


def demand_of(cx: Context, callee: Callee) -> Demand | None:
    """What a callee requires, if all declarations that it may mean say the same."""
    if callee.core is not None and not callee.declared:
        return Demand(callee.name, callee.core.requires, len(callee.core.requires) > 1)
    documented: list[tuple[FunctionFact, str, Contract]] = []
    for fact in callee.declared:
        said = contract_of(cx, fact)
        if said is not None:
            documented.append((fact, *said))
    if len({contract.requirements for _, _, contract in documented}) != 1:
        return None
    of, path, contract = documented[0]
    return Demand(callee.name, contract.requirements, contract.listed, path, contract, of=of)


def contract_of(cx: Context, fact: FunctionFact) -> tuple[str, Contract] | None:
    """The contract of a function and the file that states it: a trait's method for that of an impl of the trait."""
    if fact.contract is not None:
        return fact.path, fact.contract
    if not fact.trait or fact.trait == fact.owner_type:
        return None
    near, module = fact.path, fact.module
    declared = cx.index.methods(head_path(fact.trait), fact.name, near=near, module=module).candidates
    return next(((each.path, each.contract) for each in declared if each.contract is not None), None)


def _of_impl(cx: Context, node: Node) -> Demand | None:
    written = node.child_by_field_name("trait")
    path = head_path(cx.text(written)) if written is not None else ""
    if not path:
        return None
    fact = cx.index.type(path, near=cx.path).only
    name = path.rpartition("::")[2]
    if fact is not None:
        said = fact.contract
        return None if said is None else Demand(name, said.requirements, said.listed, fact.path, said)
    rows = cx.table(_TABLE)["traits"]
    requires = next((tuple(row["requires"]) for row in rows if row["trait"] == name), ())
    return Demand(name, requires) if requires else None
