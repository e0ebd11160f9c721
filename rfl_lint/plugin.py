"""The public names for rules: a rule module imports this and nothing else of rfl-lint."""

from rfl_lint.analysis.layout import SizeOnly, UnreadLayout, size_only_allocations, unread_layouts
from rfl_lint.finding import Confidence, Edit, Finding, Fix, Label, Level, Severity
from rfl_lint.rule import Context, Meta, NoOptions, Rule
from rfl_lint.source import SourceFile, Span
from rfl_lint.syntax import Fragment, FragmentKind, Node, ParsedFile, span_of
from rfl_lint.tree import KERNEL_ROLES, Era, KernelTree, Role

__all__ = [
    "KERNEL_ROLES",
    "Confidence",
    "Context",
    "Edit",
    "Era",
    "Finding",
    "Fix",
    "Fragment",
    "FragmentKind",
    "KernelTree",
    "Label",
    "Level",
    "Meta",
    "NoOptions",
    "Node",
    "ParsedFile",
    "Role",
    "Rule",
    "Severity",
    "SizeOnly",
    "SourceFile",
    "Span",
    "UnreadLayout",
    "size_only_allocations",
    "span_of",
    "unread_layouts",
]
