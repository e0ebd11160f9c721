"""Feed rfl-lint bytes that libFuzzer makes, led by what the code does with them; needs atheris beside the project.

usage: fuzz_coverage.py TARGET [--seconds N] [--keep DIR] [--corpus DIR]

The corpus grows from the fixtures, and stays in its folder for the next time. What breaks is written to the other one;
reduce it, and put it into fixtures/hostile.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
_LONGEST: Final = 4096
_SEEDS: Final = {
    "rust": ("fixtures/**/*.rs",),
    "mail": ("fixtures/mail/*.txt", "fixtures/mail/*.mbox"),
    "config": (),
    "suppressions": (),
}


def main() -> None:
    """Fuzz one target for a while."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("target", choices=sorted(_SEEDS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--corpus", type=Path, default=ROOT / "build" / "fuzz-corpus")
    options = parser.parse_args()
    atheris: Any = importlib.import_module("atheris")  # no part of the development tools
    with atheris.instrument_imports(include=["rfl_lint", "tomllib", "email"]):
        inputs: Any = importlib.import_module("tests.fuzzing.inputs")
        deferred: Any = importlib.import_module("rfl_lint.deferred")
        deferred.import_rules(inputs.ALL.rules)
    from fuzz import Fuzzer  # noqa: PLC0415 - what these import has to be imported above

    from tests.fuzzing.rust import mutated, read_corpus  # noqa: PLC0415 - as above

    judge, words, seeds = inputs.JUDGES[options.target]
    pieces = read_corpus(sorted((ROOT / "fixtures").rglob("*.rs")))
    fuzzer = Fuzzer(pieces, options.keep)
    folder = options.corpus / options.target
    folder.mkdir(parents=True, exist_ok=True)
    files = (file for pattern in _SEEDS[options.target] for file in sorted(ROOT.glob(pattern)))
    for data in (*(file.read_bytes()[:_LONGEST] for file in files), *seeds):
        (folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    dictionary = options.corpus / f"{options.target}.dict"
    escaped = ("".join(f"\\x{byte:02x}" for byte in word[:60]) for word in words)
    dictionary.write_text("".join(f'"{word}"\n' for word in escaped), "ascii")

    def one(data: bytes) -> None:
        def work(keep: Callable[[str, bytes], None]) -> None:
            keep("input", data)
            judge(data)

        name = hashlib.sha1(data, usedforsecurity=False).hexdigest()[:12]
        fuzzer.judge(f"coverage-{options.target}-{name}", work)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if options.target == "rust" and random.random() < 0.5:
            return mutated(data, pieces, random)[:most]
        made: bytes = atheris.Mutate(data, most)
        return made

    arguments = [
        sys.argv[0],
        f"-max_len={_LONGEST}",
        f"-dict={dictionary}",
        "-rss_limit_mb=3000",
        str(folder),
    ]
    atheris.Setup(
        [*arguments, f"-max_total_time={options.seconds}", "-timeout=60"], one, custom_mutator=mutate
    )
    atheris.Fuzz()  # which ends the process


if __name__ == "__main__":
    main()
