"""What holds for the project as a whole: names, layers, packages, wording, sizes. A convention is what is tested."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from rfl_lint.engine import Lint, lint_source
from rfl_lint.finding import Finding
from rfl_lint.registry import builtin_rules
from rfl_lint.rule import Rule
from rfl_lint.testing import read_fixture, run_fixture
from rfl_lint.version import VERSION
from tests.conftest import ROOT, run, succeed

RULES = {rule.meta.name: rule for rule in builtin_rules()}
EACH_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
MODULES = sorted(
    path for folder in ("rfl_lint", "rules", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")
)
MAX_LINES = 420
# Their options are no business of ours.
OTHER_PROGRAMS = re.compile(
    r"(?:pip install|git send-email|git config --add|(?:FUZZ|BENCH)_ARGS=|\bb4 [a-z]+ |checkpatch\.pl)[^\n\"]*"
)

# Each module or package may import those before it, and nothing after it: data flows one way.
LAYERS = (
    "version",
    "errors",
    "near",
    "patterns",
    "globs",
    "entry_points",
    "watch",
    "store",
    "data",
    "witness",
    "source",
    "doc_lines",
    "doc_text",
    "finding",
    "revision",
    "syntax",
    "tables",
    "c",
    "tree",
    "clippy_config",
    "fact_types",
    "fact_docs",
    "facts",
    "index_names",
    "index_tables",
    "index",
    "index_moves",
    "rule",
    "rule_table",
    "deferred",
    "analysis",
    "plugin",
    "attributes",
    "ancestry",
    "refusal",
    "suppress",
    "moves",
    "glance",
    "fingerprint",
    "workspace",
    "engine",
    "fact_cache",
    "workers",
    "result_cache",
    "registry",
    "ruledoc",
    "testing",
    "examples",
    "config",
    "config_template",
    "inputs",
    "rewrite",
    "share",
    "batch",
    "live",
    "report",
    "touched",
    "baseline",
    "comparison",
    "patches",
    "fixes",
    "suppressing",
    "run",
    "relint",
    "output",
    "docs",
    "lsp",
    "cli",
    "__main__",
)


def _imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names if node.module == "rfl_lint")
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def _layer(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


@EACH_RULE
def test_a_rule_is_named_alike_everywhere(rule: type[Rule]) -> None:
    name, module = rule.meta.name, rule.__module__
    assert module == f"rfl_lint.rules.{rule.meta.group}.{name.replace('-', '_')}"
    assert rule.__name__ == "".join(word.capitalize() for word in name.split("-"))
    assert (ROOT / "rules" / rule.meta.group / f"{name.replace('-', '_')}.py").is_file()


def test_each_rule_file_holds_one_rule() -> None:
    files = {path.relative_to(ROOT / "rules") for path in (ROOT / "rules").rglob("*.py")} - {
        Path("__init__.py")
    }
    of_rules = {path for path in files if path.name != "__init__.py"}
    assert len(of_rules) == len(RULES)
    assert "rules" not in sys.modules, "importing `rules` makes a second copy of every rule"


@pytest.mark.parametrize("path", sorted((ROOT / "rules").rglob("*.py")), ids=lambda path: path.stem)
def test_rules_import_the_plugin_interface_only(path: Path) -> None:
    for module in _imports(path):
        top = module.split(".")[0]
        assert module == "rfl_lint.plugin" or top in sys.stdlib_module_names, f"{path.name} imports {module}"


def test_modules_import_downwards_only() -> None:
    wrong = []
    for path in sorted((ROOT / "rfl_lint").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        own = _layer(module)
        if not own:
            continue
        assert own in LAYERS, f"{module} has no place among the layers"
        for imported in _imports(path):
            other = _layer(imported) if imported.startswith("rfl_lint.") else ""
            if other in LAYERS and LAYERS.index(other) > LAYERS.index(own):
                wrong.append(f"{module} imports {imported}")
            assert not imported.startswith("rules"), f"{module} imports {imported}"
    assert wrong == []


def test_every_layer_exists() -> None:
    there = {
        path.stem for path in (ROOT / "rfl_lint").iterdir() if path.name not in ("__init__.py", "__pycache__")
    }
    assert sorted(LAYERS) == sorted(there - {"py"})


def test_every_package_folder_is_listed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "rfl_lint").rglob("__init__.py")}
    folders |= {
        Path("rfl_lint") / path.parent.relative_to(ROOT) for path in (ROOT / "rules").rglob("__init__.py")
    }
    assert sorted(settings["packages"]) == sorted(".".join(folder.parts) for folder in folders)
    bare = {path.parent for top in ("rfl_lint", "rules") for path in (ROOT / top).rglob("*.py")}
    assert [folder for folder in bare if not (folder / "__init__.py").is_file()] == []


@EACH_RULE
def test_a_rule_has_fixtures_and_a_page(rule: type[Rule]) -> None:
    folder = ROOT / "fixtures" / rule.meta.group / rule.meta.name
    assert {"bad.rs", "good.rs"} <= {path.name for path in folder.iterdir()}
    assert (ROOT / "docs" / "rules" / f"{rule.meta.name}.md").is_file()


def test_no_fixture_or_page_is_left_of_a_rule_that_is_gone() -> None:
    groups = {rule.meta.group for rule in RULES.values()}
    folders = {path.name for group in groups for path in (ROOT / "fixtures" / group).iterdir()}
    assert folders == set(RULES)


@cache
def _fixture_findings() -> tuple[Finding, ...]:
    found: list[Finding] = []
    for name, rule in RULES.items():
        for path in sorted((ROOT / "fixtures" / rule.meta.group / name).glob("*.rs")):
            found += [
                item for result in run_fixture(read_fixture(path), rule).results for item in result.findings
            ]
    return tuple(found)


@EACH_RULE
def test_messages_say_what_is_wrong_and_helps_what_to_do(rule: type[Rule]) -> None:
    findings = [finding for finding in _fixture_findings() if finding.rule == rule.meta.name]
    assert findings
    for finding in findings:
        texts = [finding.message, *(label.message for label in finding.related)]
        texts += [finding.help] if finding.help else []
        texts += [finding.fix.title] if finding.fix is not None else []
        for text in texts:
            assert _style_problems(text) == [], text
        assert finding.help, f"no help: {finding.message}"
        assert finding.span.end > finding.span.start
        assert re.fullmatch(r"[0-9a-f]{20}", finding.fingerprint)


def _style_problems(text: str) -> list[str]:
    """What a message does that messages do not do."""
    bare = re.sub(r"`[^`]*`", "`code`", text)
    problems = {
        "starts in upper case": bare[0].isupper(),
        "ends with a full stop": bare.endswith((".", "!")) and not bare.endswith("..."),
        "has an odd number of backquotes": "`" in bare.replace("`code`", ""),
        "holds a line break or double space": "\n" in text or "  " in bare,
        "is not plain": not text.isprintable() or text != text.strip(),
    }
    return [problem for problem, there in problems.items() if there]


@pytest.mark.parametrize(
    "text", ["Unsafe block", "unsafe block.", "unsafe `block", "unsafe  block", "unsafe\nblock", " unsafe"]
)
def test_the_style_test_can_fail(text: str) -> None:
    assert len(_style_problems(text)) >= 1
    assert _style_problems("`Box::new.` takes no flags: see `A.  B`") == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "says what it alone knows"


def test_no_registry_is_named() -> None:
    """Where packages come from is the business of each machine's own configuration."""
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("crates", "io"))]
    hosts += [".".join(parts) for parts in (("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"))]
    listing = succeed(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
    named = [
        f"{name}: {host}"
        for name in filter(None, listing.split("\0"))
        if (ROOT / name).is_file()
        for host in hosts
        if host.encode() in (ROOT / name).read_bytes()
    ]
    assert named == []


def test_the_demonstration_has_a_finding_of_each_default_rule(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rfl_lint", "check", "--isolated", "--output-format", "concise"]
    done = run([*command, str(ROOT / "demo")], tmp_path)
    assert done.status == 1
    found = set(re.findall(r"\[([a-z-]+)\]$", done.printed, re.MULTILINE))
    assert {name for name, rule in RULES.items() if str(rule.meta.level) == "default"} <= found
    assert "samples/" not in done.printed, "the sample is what right code looks like"


def test_options_that_pages_name_exist() -> None:
    helps = "".join(
        succeed([sys.executable, "-m", "rfl_lint", *command, "--help"], ROOT, COLUMNS="200")
        for command in ((), ("check",), ("patch",), ("report",), ("explain",), ("rules",), ("init",))
    )
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")):
        text = OTHER_PROGRAMS.sub("", page.read_text(encoding="utf-8"))
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
            assert option in helps, f"{page.name} names {option}"


def test_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "plugins.md"):
        named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, page.name


def test_links_between_pages_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(
            r"\]\(([^)#]+)\)", re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))
        ):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_changelog_knows_the_version() -> None:
    assert VERSION in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_ci_runs_the_readmes_command() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()


def test_all_rules_together_find_what_each_finds_alone() -> None:
    together = Lint([rule() for rule in RULES.values()], report_unused=False)
    for name, rule in RULES.items():
        fixture = read_fixture(ROOT / "fixtures" / rule.meta.group / name / "bad.rs")
        if fixture.options or fixture.strict or fixture.doc_code:
            continue
        alone = lint_source(fixture.source, Lint([rule()], report_unused=False), fixture.tree).findings
        found = lint_source(fixture.source, together, fixture.tree).findings
        assert [finding for finding in found if finding.rule == name] == list(alone)
