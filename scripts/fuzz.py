"""Feed rfl-lint hostile input and keep what breaks it.

usage: fuzz.py [--seconds N] [--seed N] [--target rust|mail|config|c|docs] [--keep DIR] [--atheris] [FOLDER...]

Every input is made from a number, so that whatever is found can be made again: `--seed N --seconds 0` runs it alone.
Rust is mutated from the fixtures, and from the .rs files of the folders that are named. With --atheris, which has to be
installed beside the project, libFuzzer makes the numbers and is led by what the code does with them.
What breaks is written to DIR; reduce it, and put it into fixtures/hostile.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.fuzzing.inputs import TARGETS  # noqa: E402 - tests are found by the path above
from tests.fuzzing.rust import Corpus, read_corpus  # noqa: E402

# One input that takes longer than this is worth a look, whatever comes of it.
_SLOW: Final = 15.0


class Drawn(Random):
    """Numbers drawn from bytes that somebody else chooses, and zero when they are used up."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        super().__init__(0)
        self._data = data
        self._at = 0

    def getrandbits(self, k: int, /) -> int:
        """The next bits; every integer of Random is made of these."""
        size = (k + 7) // 8
        taken = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken.ljust(size, b"\0"), "little") >> (size * 8 - k)

    def random(self) -> float:
        """The next fraction."""
        return self.getrandbits(32) / 2**32


class Fuzzer:
    """Runs targets and keeps what they break, each way of breaking a few times only."""

    def __init__(self, corpus: Corpus, keep: Path) -> None:
        """Remember where to begin and where to keep."""
        self.corpus = corpus
        self.keep = keep
        self.seen: Counter[str] = Counter()

    def run(self, target: str, name: str, random: Random) -> None:
        """Make and judge one input."""
        inputs: dict[str, bytes] = {}
        begun = time.process_time()
        try:
            TARGETS[target](self.corpus, random, inputs.__setitem__)
        except Exception as error:  # noqa: BLE001 - this is what it looks for
            said = f"{type(error).__name__}: {error}"
            self._keep(f"{target}-{name}", inputs, said, "".join(traceback.format_exc()))
        if (taken := time.process_time() - begun) > _SLOW:
            self._keep(f"{target}-{name}-slow", inputs, "slow", f"{taken:.0f} seconds")

    def _keep(self, name: str, inputs: dict[str, bytes], said: str, trace: str) -> None:
        key = re.sub(r"\d+", "N", f"{said[:60]} {said[-150:]}")
        self.seen[key] += 1
        if self.seen[key] > 3:
            return
        self.keep.mkdir(parents=True, exist_ok=True)
        for path, data in inputs.items():
            (self.keep / f"{name}-{path.replace('/', '_')}").write_bytes(data)
        (self.keep / f"{name}.txt").write_text(f"{said}\n{trace}")
        print(f"{name}: {said[:300]} ... {said[-300:]}" if len(said) > 600 else f"{name}: {said}", flush=True)


def main() -> int:
    """Fuzz for a while; 1 if something broke."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--atheris", action="store_true")
    options = parser.parse_args()
    folders = [ROOT / "fixtures", ROOT / "demo", ROOT / "tests" / "clippy", *options.folders]
    corpus = read_corpus(file for folder in folders for file in sorted(folder.rglob("*.rs")))
    targets = options.target or sorted(TARGETS)
    fuzzer = Fuzzer(corpus, options.keep)
    if options.atheris:
        return _with_atheris(fuzzer, targets, options.seconds)
    end = time.monotonic() + options.seconds
    count = 0
    while count == 0 or time.monotonic() < end:
        seed = options.seed + count
        fuzzer.run(targets[seed % len(targets)], str(seed), Random(seed))
        count += 1
    print(f"{count} inputs, {sum(fuzzer.seen.values())} broke something, in {len(fuzzer.seen)} ways")
    return 1 if fuzzer.seen else 0


def _with_atheris(fuzzer: Fuzzer, targets: list[str], seconds: float) -> int:
    atheris = importlib.import_module("atheris")  # no part of the development tools

    def one(data: bytes) -> None:
        if data:
            name = f"{hash(data) & 0xFFFFFFFF:08x}"
            fuzzer.run(targets[data[0] % len(targets)], name, Drawn(data[1:]))

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:.0f}", "-max_len=512"], one)
    atheris.Fuzz()
    return 1 if fuzzer.seen else 0


if __name__ == "__main__":
    sys.exit(main())
