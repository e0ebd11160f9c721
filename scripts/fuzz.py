"""Feed rfl-lint hostile input and keep what breaks it.

usage: fuzz.py [--seconds N] [--seed N] [--target rust|mail|config|c|docs|lsp] [--keep DIR] [FOLDER...]

Every input is made from a number, so that whatever is found can be made again: `--seed N --seconds 0` runs it alone.
Rust is mutated from the fixtures, and from the .rs files of the folders that are named.
What breaks is written to DIR; reduce it, and put it into fixtures/hostile.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.fuzzing.inputs import TARGETS  # noqa: E402 - tests are found by the path above
from tests.fuzzing.rust import Corpus, read_corpus  # noqa: E402

# One input that takes longer than this is worth a look, whatever comes of it.
_SLOW: Final = 15.0


class Fuzzer:
    """Runs targets and keeps what they break, each way of breaking a few times only."""

    def __init__(self, corpus: Corpus, keep: Path) -> None:
        """Remember where to begin and where to keep."""
        self.corpus = corpus
        self.keep = keep
        self.seen: Counter[str] = Counter()

    def run(self, target: str, name: str, random: Random) -> None:
        """Make and judge one input."""
        self.judge(f"{target}-{name}", lambda keep: TARGETS[target](self.corpus, random, keep))

    def judge(self, name: str, work: Callable[[Callable[[str, bytes], None]], None]) -> None:
        """Keep what breaks `work`, which hands over what it works on."""
        inputs: dict[str, bytes] = {}
        begun = time.process_time()
        try:
            work(inputs.__setitem__)
        except Exception as error:  # noqa: BLE001 - this is what it looks for
            said = f"{type(error).__name__}: {error}"
            self._keep(name, inputs, said, "".join(traceback.format_exc()))
        if (taken := time.process_time() - begun) > _SLOW:
            self._keep(f"{name}-slow", inputs, "slow", f"{taken:.0f} seconds")

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
    options = parser.parse_args()
    folders = [ROOT / "fixtures", ROOT / "demo", ROOT / "tests" / "clippy", *options.folders]
    corpus = read_corpus(file for folder in folders for file in sorted(folder.rglob("*.rs")))
    targets = options.target or sorted(TARGETS)
    fuzzer = Fuzzer(corpus, options.keep)
    end = time.monotonic() + options.seconds
    count = 0
    while count == 0 or time.monotonic() < end:
        seed = options.seed + count
        fuzzer.run(targets[seed % len(targets)], str(seed), Random(seed))
        count += 1
    print(f"{count} inputs, {sum(fuzzer.seen.values())} broke something, in {len(fuzzer.seen)} ways")
    return 1 if fuzzer.seen else 0


if __name__ == "__main__":
    sys.exit(main())
