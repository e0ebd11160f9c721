"""The public names for rules: a rule module imports this and nothing else of rfl-lint."""

from rfl_lint.analysis.allocation.fix import advice, repair
from rfl_lint.analysis.allocation.flagless import Fault, flagless_call, flagless_names
from rfl_lint.analysis.allocation.hardcoded import HardcodedReason, hardcoded_flags
from rfl_lint.analysis.allocation.masks import TEST_KINDS, flag_test, tested_flags
from rfl_lint.analysis.code.allowances import ATTRIBUTE_KINDS, expectable
from rfl_lint.analysis.code.c_calls import c_calls
from rfl_lint.analysis.code.clamps import Clamp, clamp_of
from rfl_lint.analysis.code.constants import is_constant
from rfl_lint.analysis.code.context_queries import ContextQuery, context_queries
from rfl_lint.analysis.code.disallowed import disallowed_names, disallowed_use
from rfl_lint.analysis.code.signatures import must_succeed
from rfl_lint.analysis.code.sinks import WRITE_KINDS, written_value
from rfl_lint.analysis.code.zero_cases import ZERO_CASE_KINDS, ZeroCase, zero_case
from rfl_lint.analysis.comments.documentation import comment_beside, documentation_of, unsafe_keyword
from rfl_lint.analysis.comments.skeleton import comment_insertion
from rfl_lint.analysis.comments.wording import BadlyWorded, EmptyReason, badly_worded, empty_reasons
from rfl_lint.analysis.context.chains import labels as chain_labels
from rfl_lint.analysis.context.faults import AtomicSleep, atomic_sleep
from rfl_lint.analysis.context.functions import held_at, holding_places
from rfl_lint.analysis.context.relocking import conditional_lock, relocked
from rfl_lint.analysis.context.sleepable import NeedlessAtomic, needless_atomic, undocumented_sleep
from rfl_lint.analysis.docs.mentions import unlinked_mentions
from rfl_lint.analysis.docs.modules import first_line, has_module_docs, is_public_module, links_c_header
from rfl_lint.analysis.docs.srctree import broken_links
from rfl_lint.analysis.documentation.blanks import EmptyLines, empty_doc_lines
from rfl_lint.analysis.documentation.headings import (
    Misnamed,
    Misplaced,
    misnamed_sections,
    misplaced_sections,
)
from rfl_lint.analysis.documentation.items import (
    Documented,
    doc_comments,
    docs_of,
    documented,
    inner_docs_of,
)
from rfl_lint.analysis.documentation.markers import MalformedMarker, malformed_markers
from rfl_lint.analysis.documentation.safety import (
    SafetyDocs,
    SafetyForm,
    declared_unsafe,
    is_private_callback,
    needless_safety_docs,
    safety_docs,
    undocumented_unsafety,
)
from rfl_lint.analysis.ffi.core_types import OTHER as OTHER_C_TYPES
from rfl_lint.analysis.ffi.core_types import CoreType, core_types
from rfl_lint.analysis.ffi.core_types_fix import has_own_types, kernel_module, kernel_type
from rfl_lint.analysis.ffi.pointer_casts import InferredCast, inferred_pointer_cast
from rfl_lint.analysis.ffi.pointer_casts import Value as CastValue
from rfl_lint.analysis.ffi.results import Fate, Unchecked, unchecked_results
from rfl_lint.analysis.ffi.zero_flags import Zero, ZeroFlags, zero_flags
from rfl_lint.analysis.imports.layout import crowded, vertical
from rfl_lint.analysis.imports.prelude import Given, given_by_prelude
from rfl_lint.analysis.invariants.appeals import Appeal, unstated
from rfl_lint.analysis.invariants.justified import unjustified
from rfl_lint.analysis.layout.allocator_traits import methods_without_old_layout
from rfl_lint.analysis.layout.dangling import byte_danglings
from rfl_lint.analysis.layout.fabricated import fabricated_layout
from rfl_lint.analysis.layout.sizes import SizeOnly, UnreadLayout, size_only_allocations, unread_layouts
from rfl_lint.analysis.layout.zero_size import unchecked_pointers
from rfl_lint.analysis.leaks.queries import Leak, exit_span, leaks, shown_exit
from rfl_lint.analysis.locking.auto_traits import Unbounded, unbounded_parameters
from rfl_lint.analysis.locking.drops import Ended, GivenBack, ended, given_back, is_alone, is_kept
from rfl_lint.analysis.locking.lifetimes import FUNCTION_KINDS as UNBOUND_LIFETIME_KINDS
from rfl_lint.analysis.locking.lifetimes import unbound_lifetime
from rfl_lint.analysis.locking.mutations import SharedMutation, shared_mutations
from rfl_lint.analysis.pointers.derivations import in_words, labels
from rfl_lint.analysis.pointers.lookup_keys import Unreturned, unreturned
from rfl_lint.analysis.pointers.ownership_pairs import mismatches
from rfl_lint.analysis.pointers.shared_casts import shared_casts
from rfl_lint.analysis.pointers.upcasts import upcasts
from rfl_lint.analysis.printing.continued import is_continued
from rfl_lint.analysis.printing.messages import Message, ends_line, message_of
from rfl_lint.analysis.provenance.queries import Misuse, owned_references, step_line
from rfl_lint.analysis.tags.constructs import (
    CONSTRUCT_KINDS,
    Construct,
    comment_fix,
    construct_names,
    undocumented,
)
from rfl_lint.analysis.tags.needless import Needless, needless_comments, needless_findings
from rfl_lint.analysis.tags.operations import OPERATION_KINDS
from rfl_lint.analysis.tags.panics import panicking_call
from rfl_lint.analysis.types.aliases import is_unit_by_default
from rfl_lint.analysis.types.shadowing import shadowings
from rfl_lint.analysis.types.typeref import type_text
from rfl_lint.analysis.unsafety.addressed import Unaddressed, unaddressed
from rfl_lint.analysis.unsafety.contracts import Demand, demands
from rfl_lint.analysis.unsafety.operations import (
    OperationKind,
    UnsafeOperation,
    compiled_together,
    unsafe_operations,
)
from rfl_lint.analysis.unsafety.skeleton import safety_skeleton
from rfl_lint.analysis.unsafety.wording import cut, in_short
from rfl_lint.c.facts import Failure as CFailure
from rfl_lint.clippy_config import clippy_config
from rfl_lint.doc_lines import DocLine
from rfl_lint.doc_text import DocComment, DocSection, Heading
from rfl_lint.finding import Confidence, Edit, Finding, Fix, Label, Level, Severity
from rfl_lint.rule import Context, Extent, Meta, NoOptions, Rule
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Fragment, FragmentKind, Node, ParsedFile, span_of
from rfl_lint.tree import KERNEL_ROLES, Era, KernelTree, Role

__all__ = [
    "ATTRIBUTE_KINDS",
    "CONSTRUCT_KINDS",
    "KERNEL_ROLES",
    "OPERATION_KINDS",
    "OTHER_C_TYPES",
    "TEST_KINDS",
    "UNBOUND_LIFETIME_KINDS",
    "WRITE_KINDS",
    "ZERO_CASE_KINDS",
    "Appeal",
    "AtomicSleep",
    "BadlyWorded",
    "CFailure",
    "CastValue",
    "Clamp",
    "Confidence",
    "Construct",
    "Context",
    "ContextQuery",
    "CoreType",
    "Demand",
    "DocComment",
    "DocLine",
    "DocSection",
    "Documented",
    "Edit",
    "EmptyLines",
    "EmptyReason",
    "Ended",
    "Era",
    "Extent",
    "Fate",
    "Fault",
    "Finding",
    "Fix",
    "Fragment",
    "FragmentKind",
    "Given",
    "GivenBack",
    "HardcodedReason",
    "Heading",
    "InferredCast",
    "KernelTree",
    "Label",
    "Leak",
    "Level",
    "MalformedMarker",
    "Message",
    "Meta",
    "Misnamed",
    "Misplaced",
    "Misuse",
    "Needless",
    "NeedlessAtomic",
    "NoOptions",
    "Node",
    "OperationKind",
    "ParsedFile",
    "Role",
    "Rule",
    "SafetyDocs",
    "SafetyForm",
    "Severity",
    "SharedMutation",
    "SizeOnly",
    "SourceFile",
    "Span",
    "Unaddressed",
    "Unbounded",
    "Unchecked",
    "UnreadLayout",
    "Unreturned",
    "UnsafeOperation",
    "Zero",
    "ZeroCase",
    "ZeroFlags",
    "advice",
    "atomic_sleep",
    "badly_worded",
    "broken_links",
    "byte_danglings",
    "c_calls",
    "chain_labels",
    "clamp_of",
    "clippy_config",
    "comment_beside",
    "comment_fix",
    "comment_insertion",
    "compiled_together",
    "conditional_lock",
    "construct_names",
    "context_queries",
    "core_types",
    "crowded",
    "cut",
    "declared_unsafe",
    "demands",
    "disallowed_names",
    "disallowed_use",
    "doc_comments",
    "docs_of",
    "documentation_of",
    "documented",
    "empty_doc_lines",
    "empty_reasons",
    "ended",
    "ends_line",
    "exit_span",
    "expectable",
    "fabricated_layout",
    "first_line",
    "flag_test",
    "flagless_call",
    "flagless_names",
    "given_back",
    "given_by_prelude",
    "hardcoded_flags",
    "has_module_docs",
    "has_own_types",
    "held_at",
    "holding_places",
    "in_short",
    "in_words",
    "inferred_pointer_cast",
    "inner_docs_of",
    "is_alone",
    "is_constant",
    "is_continued",
    "is_kept",
    "is_private_callback",
    "is_public_module",
    "is_unit_by_default",
    "kernel_module",
    "kernel_type",
    "labels",
    "leaks",
    "links_c_header",
    "malformed_markers",
    "message_of",
    "methods_without_old_layout",
    "mismatches",
    "misnamed_sections",
    "misplaced_sections",
    "must_succeed",
    "needless_atomic",
    "needless_comments",
    "needless_findings",
    "needless_safety_docs",
    "owned_references",
    "panicking_call",
    "relocked",
    "repair",
    "safety_docs",
    "safety_skeleton",
    "shadowings",
    "shared_casts",
    "shared_mutations",
    "shown_exit",
    "size_only_allocations",
    "span_of",
    "step_line",
    "tested_flags",
    "type_text",
    "unaddressed",
    "unbound_lifetime",
    "unbounded_parameters",
    "unchecked_pointers",
    "unchecked_results",
    "undocumented",
    "undocumented_sleep",
    "undocumented_unsafety",
    "unjustified",
    "unlinked_mentions",
    "unread_layouts",
    "unreturned",
    "unsafe_keyword",
    "unsafe_operations",
    "unstated",
    "upcasts",
    "vertical",
    "written_value",
    "zero_case",
    "zero_flags",
]
