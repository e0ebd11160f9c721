"""What a call does with a pointer that was given up: takes it over, may take it over, looks at it, hands it on.

A call that nothing is known about takes the pointer over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from rfl_lint.analysis.code.calls import Call, CallForm
from rfl_lint.analysis.leaks.reclaim_table import reclaim_table
from rfl_lint.analysis.leaks.reclaim_terms import (
    NOTHING,
    POINTER,
    TAKES,
    Fate,
    Form,
    FunctionEffect,
    Holding,
    State,
    Value,
)
from rfl_lint.analysis.provenance.tables import pointer_table
from rfl_lint.analysis.provenance.terms import Step
from rfl_lint.c.facts import CFunction, Failure
from rfl_lint.rule import Context

_TAKING_BACK: Final = ("from_raw", "from_foreign", "try_from_foreign", "from_raw_parts")
_C_MODULES: Final = frozenset({"bindings", "uapi"})
_TELLS_NOTHING: Final = frozenset({"void", "bool"})
_FORMS: Final = {"result": Form.RESULT, "option": Form.RESULT, "failed": Form.FAILED, "code": Form.OUTCOME}
_TESTS: Final = {"is_err": Form.FAILED, "is_none": Form.FAILED, "is_ok": Form.PASSED, "is_some": Form.PASSED}

Functions = Callable[[Call, int], FunctionEffect]
"""Tells what a function of the tree does with what a call gives it: the position of a value, receiver first."""


def unknown_functions(_call: Call, _position: int) -> FunctionEffect:
    """No function of the tree is known."""
    return TAKES


class CallEffects(Struct, eq=False, dict=True):
    """The effects of calls in one file. `is_pointer` becomes true when something shows that it is one.

    `inside` has the calls that may fail in functions called here, by the call.
    """

    cx: Context
    functions: Functions = unknown_functions
    is_pointer: bool = field(default=False)
    inside: dict[int, tuple[Step, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = reclaim_table(self.cx.tables)
        self.pointers = pointer_table(self.cx.tables)

    def effect(self, call: Call, values: list[Value], state: State) -> tuple[Value, State]:
        """What a call gives and what it leaves behind. `values` are the receiver's and the arguments'."""
        if not any(value.carries for value in values):
            return self._asked(call, values, state)
        if self.is_c(call):
            return self._c_call(call, [index for index, value in enumerate(values) if value.carries], state)
        name = call.name
        if name == "is_null" or (
            name in self.table.handing_on and name.startswith(("cast", "byte_", "wrap"))
        ):
            self.is_pointer = True
        if name == "is_null":
            return Value(Form.NULL), state
        if self._is_borrow(call) or (name in self.table.handing_on and not self._constructs(call)):
            return POINTER, state
        if (call.owner, name) in self.pointers.keeping_functions:
            self.is_pointer = True
            return POINTER, state
        if name in self.table.reading:
            return NOTHING, state
        if name in _TAKING_BACK:
            self.is_pointer = True
            return NOTHING, state.gone()
        return self._function(call, [index for index, value in enumerate(values) if value.carries], state)

    def _function(self, call: Call, carrying: list[int], state: State) -> tuple[Value, State]:
        """A function that some file of the tree may define."""
        effect = self.functions(call, carrying[0]) if len(carrying) == 1 else TAKES
        if effect.fate is Fate.READS:
            return NOTHING, state
        if effect.fate is Fate.HANDS_ON:
            return POINTER, state
        if effect.fate is Fate.TAKES or state.holding is not Holding.OURS:
            return NOTHING, state.gone()
        self.inside[call.node.id] = effect.steps
        form = Form.OUTCOME if effect.fate is Fate.ASKS else Form.RESULT
        asked = replace(state, holding=Holding.ASKED, asked=call.node, prepares=False, is_weak=False)
        return Value(form, call.node), asked

    def is_c(self, call: Call) -> bool:
        """Whether a C function is called."""
        if call.form is not CallForm.PATH:
            return False
        if call.path:
            return call.path[-1] in _C_MODULES
        imported = self.cx.index.imported(self.cx.path, call.name)
        return imported is not None and any(module in imported.split("::")[:-1] for module in _C_MODULES)

    def _is_borrow(self, call: Call) -> bool:
        return (call.owner, call.name) in self.pointers.borrowing

    def _constructs(self, call: Call) -> bool:
        """Whether a function by path may build something that takes the pointer over: `Foo::new_unchecked(ptr)`."""
        if call.form is not CallForm.PATH or not call.path:
            return False
        known = call.owner in ("NonNull", "Pin", "ptr", "Option", "Result", "Opaque")
        return call.name in ("new_unchecked", "from_ref", "from_mut", "get", "add") and not known

    def _c_call(self, call: Call, carrying: list[int], state: State) -> tuple[Value, State]:
        facts = self.cx.c_function(call.name)
        tells = facts is None or (facts.returns not in _TELLS_NOTHING and facts.failure is not Failure.NONE)
        prepares = self.table.prepares(call.name) and carrying == [0] and _is_object(facts)
        if call.name in self.table.taking:
            return NOTHING, state.gone()
        if not tells:
            return NOTHING, state if prepares else state.gone()
        outcome = Value(Form.OUTCOME, call.node)
        if state.holding is Holding.OURS:
            asked = replace(state, holding=Holding.ASKED, asked=call.node, prepares=prepares, is_weak=False)
            return outcome, asked
        if state.holding is Holding.ASKED and not prepares:
            return NOTHING, state.gone()
        return outcome, state

    def _asked(self, call: Call, values: list[Value], state: State) -> tuple[Value, State]:
        """What a call makes of a C function's outcome."""
        first = values[0] if values else NOTHING
        if first.form is Form.OUTCOME:
            if call.name in self.table.asking:
                form = _FORMS[self.table.asking[call.name]]
                return Value(form, first.call, is_weak=call.name == "is_null"), state
            if (call.owner, call.name) == ("NonNull", "new"):
                return Value(Form.RESULT, first.call, is_weak=True), state
            keeps = call.form is CallForm.METHOD and call.name in ("cast", "cast_mut", "cast_const", "into")
            return first if keeps else NOTHING, state
        if first.form is Form.RESULT and call.form is CallForm.METHOD:
            if call.name in _TESTS:
                return Value(_TESTS[call.name], first.call, first.is_weak), state
            if call.name in self.table.asked_methods:
                is_weak = call.name == "ok" or (first.is_weak and call.name not in ("ok_or", "ok_or_else"))
                return Value(Form.RESULT, first.call, is_weak), state
            return NOTHING, state.passed() if state.waits_for(first) else state
        return NOTHING, state


def _is_object(function: CFunction | None) -> bool:
    """Whether the first parameter of a C function may be an object: bare addresses and numbers are data to keep."""
    if function is None or not function.parameters:
        return True
    first = function.parameters[0]
    return first.is_pointer and "void" not in first.type.split()
