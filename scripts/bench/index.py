"""What it costs to know a whole tree: facts, the index, and the fixpoints over its functions, beside parsing it.

usage: index.py TREE      prints one line of JSON: CPU seconds of each step, and the memory of facts and index

Everything runs in this process, one step after the other, so that the figures can be compared; memory is what
Python objects take (tracemalloc), measured in a second pass because measuring slows everything down.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rfl_lint.analysis.provenance.queries import owned_references
from rfl_lint.facts import FACT_KINDS, extract_facts
from rfl_lint.index import Index
from rfl_lint.inputs.files import FileFinder
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.syntax.parser import parse
from rfl_lint.workspace import Workspace

T = TypeVar("T")


def timed(work: Callable[[], T], figures: dict[str, float], name: str) -> T:
    """Do some work and note its CPU seconds."""
    gc.collect()
    begun = time.process_time()
    done = work()
    figures[name] = time.process_time() - begun
    return done


def names_resolved(index: Index) -> None:
    """Ask for every type and function from its own file, as a rule would: nothing stays to be made later."""
    for path, facts in index.files.items():
        for kind in facts.types:
            index.type(kind.name, near=path)
        for function in facts.functions:
            if function.owner:
                index.methods(function.owner, function.name, near=path)
            else:
                index.functions(function.name, near=path)


def main() -> None:
    """Measure one tree."""
    targets = FileFinder().add([Path(sys.argv[1])]).targets
    tree = targets[0].tree
    sources = {target.path: SourceFile(target.path, target.file.read_bytes()) for target in targets}
    figures: dict[str, float] = {"files": len(sources)}
    timed(lambda: [parse(source.data) for source in sources.values()], figures, "bare parse")
    parsed = timed(
        lambda: [parse_file(source, prefetch=FACT_KINDS) for source in sources.values()], figures, "parse"
    )
    facts = timed(lambda: [extract_facts(file) for file in parsed], figures, "facts")
    index = timed(lambda: Index(facts), figures, "index")
    timed(lambda: names_resolved(index), figures, "names")
    workspace = Workspace(tree, sources.get, index)
    contexts = [workspace.entered(file, fact) for file, fact in zip(parsed, facts, strict=True)]
    timed(lambda: [owned_references(context) for context in contexts], figures, "fixpoints")
    tracemalloc.start()
    again = [extract_facts(file) for file in parsed]
    figures["facts MiB"] = tracemalloc.get_traced_memory()[0] / 1024 / 1024
    whole = Index(again)
    names_resolved(whole)
    figures["facts and index MiB"] = tracemalloc.get_traced_memory()[0] / 1024 / 1024
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
