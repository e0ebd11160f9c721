"""Look for work that grows faster than the text: every rule on many of one construct, in many forms.

usage: growth.py [--seconds] [RULE...]

Lines of Python that run are counted for n, 2n and 4n pieces. `--seconds` measures processor time for large texts
instead, which sees what is quadratic inside of libraries too, and takes a quiet machine. 20 minutes for all rules.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from rfl_lint.registry import builtin_rules  # noqa: E402 - is found by the path above
from rfl_lint.rule import Rule  # noqa: E402
from tests.fuzzing.growth import Make, growth, is_refused, others, shapes, texts_of, work  # noqa: E402
from tests.fuzzing.oracles import ALL  # noqa: E402

_MOST: Final = 2.6
_MOST_TIMES: Final = 6.0
_BYTES: Final = 15_000
_SHORTEST: Final = 0.05


def main() -> int:
    """Try all forms; 1 if something grows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("rules", nargs="*")
    parser.add_argument("--seconds", action="store_true")
    options = parser.parse_args()
    found = 0
    tried: list[tuple[str, Make, tuple[Rule, ...]]] = []
    for rule in sorted(builtin_rules(), key=lambda rule: rule.meta.name):
        meta = rule.meta
        if not options.rules or meta.name in options.rules:
            texts = texts_of(ROOT / "fixtures" / meta.group / meta.name)
            tried += [(f"{meta.name}, {name}", make, (rule(),)) for name, make in shapes(texts)]
    tried += [(name, make, tuple(ALL.rules)) for name, make in others() if not options.rules]
    for name, make, rules in tried:
        said = _timed(make, rules) if options.seconds else _counted(make, rules)
        if said:
            found += 1
            print(f"{name}: {said}", flush=True)
    print(f"{found} of {len(tried)} forms grow faster than their length")
    return 1 if found else 0


def _counted(make: Make, rules: tuple[Rule, ...]) -> str:
    grown = growth(make, rules)
    if grown is None or grown.times <= _MOST:
        return ""
    return f"{grown.times:.1f} for 2.0, in {', '.join(grown.where)}"


def _timed(make: Make, rules: tuple[Rule, ...]) -> str:
    count = max(4, min(4000, _BYTES // max(1, len(make(9)) - len(make(8)))))
    if is_refused(make(4 * count)):
        return ""
    for _ in range(3):
        one, four = (work(make(times * count), rules, timed=True).seconds for times in (1, 4))
        if four < _SHORTEST or four < _MOST_TIMES * one:
            return ""
    return f"{one:.3f} s for {count}, {four:.3f} s for {4 * count}"


if __name__ == "__main__":
    sys.exit(main())
