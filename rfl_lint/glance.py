"""What a glance at an edited file tells: the items in the focus judged anew, all else as it was.

The glance is for somebody who types: a look at the whole file follows when there is time, and has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence

from rfl_lint.finding import Finding
from rfl_lint.moves import moved_finding
from rfl_lint.rule import Extent, Rule
from rfl_lint.suppress import UNUSED_SUPPRESSION, read_directives
from rfl_lint.syntax import FragmentKind, ParsedFile
from rfl_lint.syntax.focus import Focus

_DOC_CODE = str(FragmentKind.DOC_CODE)


def judged_in(focus: Focus, rules: Sequence[Rule]) -> list[Rule]:
    """The rules for which the focus is enough to judge what is in it."""
    if focus.is_empty:
        return []
    too_far = {Extent.FILE} if focus.is_item else {Extent.FILE, Extent.ITEM}
    return [rule for rule in rules if rule.meta.extent not in too_far and not rule.tells_once]


def with_earlier(
    findings: Sequence[Finding], before: Sequence[Finding], parsed: ParsedFile, again: frozenset[str]
) -> list[Finding]:
    """What was found in the focus just now, by the rules that ran `again`, and what was found elsewhere before.

    What silenced a finding elsewhere still does; what the glance sees of suppression comments is told anew.
    """
    focus = parsed.focus
    if focus is None:
        return list(findings)
    comments = {directive.span for directive in read_directives(parsed)}
    found = [finding for finding in findings if focus.holds(finding.span.start)]
    for earlier in before:
        finding = moved_finding(earlier, focus.change)
        if finding is None:
            continue
        if finding.rule == UNUSED_SUPPRESSION:
            is_told = finding.span in comments
        else:
            is_told = (
                finding.rule in again and finding.fragment != _DOC_CODE and focus.holds(finding.span.start)
            )
        if not is_told:
            found.append(finding)
    return found
