"""rfl-lint: a static linter for Rust-for-Linux code.

Importing the package imports nothing else: a pre-commit hook pays for every module it loads.
"""

from rfl_lint.version import VERSION

__version__ = VERSION

__all__ = ["__version__"]
