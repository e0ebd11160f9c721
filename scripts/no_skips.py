"""Fail if a test run skipped anything: a test that CI skips checks nothing.

usage: no_skips.py JUNIT-FILE
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def skipped_tests(report: Path) -> list[str]:
    """The tests that a JUnit report says were skipped, with the reasons; raises ValueError if it holds no test."""
    cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314
    if not cases:
        raise ValueError(f"{report} reports no test at all")
    # An expected failure is reported as a skip of another type: a known gap, which does check something.
    return [
        f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"
        for case in cases
        for skip in case.findall("skipped")
        if skip.get("type") != "pytest.xfail"
    ]


def main() -> int:
    """Print what was skipped; the exit status."""
    found = skipped_tests(Path(sys.argv[1]))
    print("\n".join([f"{len(found)} tests were skipped:", *found]) if found else "no test was skipped")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
