"""A documented requirement in short, as the claim that a `SAFETY:` comment makes of it.

`The caller must ensure that `p` is valid.` becomes `` `p` is valid``. Where a sentence cannot be turned round without
reading it, it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rfl_lint.fact_docs import sentences

# The lead says who has to see to it; what follows is what has to hold.
_WHO: Final = (
    r"(?:the\s+)?(?:callers?|users?|implementers?|implementors?|implementations?|you)"
    r"(?:\s+of\s+this\s+(?:function|method|trait))?"
)
_LEAD: Final = re.compile(
    rf"(?i)^(?:{_WHO}\s+(?:must|should|has\s+to|have\s+to|needs?\s+to)\s+(?:also\s+)?|it\s+must\s+be\s+)"
    r"(?:ensured?|guaranteed?|make\s+sure)(?:\s+that)?:?\s+"
    rf"|^{_WHO}\s+(?:is|are)\s+responsible\s+(?:to\s+ensure|for\s+ensuring|to\s+make\s+sure)(?:\s+that)?:?\s+"
    rf"|^{_WHO}\s+(?:also\s+)?(?:ensures?|guarantees?|promises?)(?:\s+that)?:?\s+"
)
_THAT: Final = re.compile(r"(?i)that\s+")
_STRESS: Final = re.compile(r"\*{1,2}(must|not|never|only|may)\*{1,2}")
_LINK: Final = re.compile(r"\[([^\]]{1,300}+)\](?:\([^)]{0,300}+\)|\[[^\]]{0,300}+\])?")
# A subject of a clause that is one thing, so that the verb behind it is in the singular.
_MODAL: Final = re.compile(
    r"(?P<before>^|, (?:then )?)"
    r"(?P<subject>`[^`]+`|(?:[Tt]he|[Tt]his)(?:\s+(?!must\b)[\w`-]+){1,3}?|[Ii]t)\s+must"
    r"(?P<not>\s+not(?:\s+yet)?)?(?P<how>(?:\s+(?:never|again|only|also|still|always|already))*)"
    r"\s+(?P<verb>have\s+been|[a-z]+)\b"
)
_PLURAL: Final = re.compile(r"(?<!\bthi)(?<!\bThi)(?<!s)s(?: (?!`)|$)| and ")
_THIRD: Final = {"have": "has", "be": "is", "do": "does", "go": "goes"}
_HISSING: Final = ("s", "x", "z", "ch", "sh")
_ASIDE: Final = re.compile(r" ?\([^()]*[.]\)$")
_PAST: Final = "have been"
_NAME: Final = re.compile(r"`(\w+)`")


def in_short(requirement: str, names: Mapping[str, str] | None = None) -> str:
    """What has to hold, without full stop; `names` says what the parameters are called where it is claimed."""
    text = _LINK.sub(r"\1", _STRESS.sub(r"\1", " ".join(requirement.split())))
    text = _ASIDE.sub("", next(iter(sentences(text)), "")).rstrip(" .,;")
    lead = _LEAD.match(text) or _THAT.match(text)
    if lead is not None and len(text) > lead.end():
        text = text[lead.end() :]
    text = _claimed(text)
    if names:
        text = _NAME.sub(lambda found: f"`{names.get(found[1], found[1])}`", text)
    return text


def _claimed(text: str) -> str:
    """`x` must be valid: `x` is valid."""
    return _MODAL.sub(_in_the_indicative, text)


def _in_the_indicative(found: re.Match[str]) -> str:
    if _PLURAL.search(found["subject"]):
        return found[0]
    verb, how = " ".join(found["verb"].split()), found["how"]
    negated = found["not"] or ""
    if verb == _PAST:
        said = f" has{negated}{how} been"
    elif verb == "be":
        said = f" is{negated}{how}"
    elif negated:
        said = f" does{negated}{how} {verb}"
    else:
        said = f"{how} {_third_person(verb)}"
    return f"{found['before']}{found['subject']}{said}"


def _third_person(verb: str) -> str:
    if verb in _THIRD:
        return _THIRD[verb]
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(_HISSING) else f"{verb}s"


def cut(text: str, size: int) -> str:
    """At most so many characters of a claim, ended at a word."""
    if len(text) <= size:
        return text
    head = text[: size - 1].rpartition(" ")[0]
    if head.count("`") % 2:
        head = head.rpartition("`")[0].rstrip()
    return f"{head} …"
