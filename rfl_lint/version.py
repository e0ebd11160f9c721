"""The version, in one place, importable without importing anything else."""

from typing import Final

VERSION: Final = "0.1.0"
