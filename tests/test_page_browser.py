"""The page in a real browser: it loads nothing, runs nothing foreign, filters, fits, and needs no mouse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, Browser, browser
from tests.cli_runner import UNSAFE, Runner
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here (`apt-get install chromium`)"),
]
VISIBLE = "[...document.querySelectorAll('article')].filter(a => a.offsetParent)"
OWN = "<script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the sample tree, compared with a run that knew fewer rules."""
    cli = Runner(tmp_path_factory.mktemp("demo"))
    tree = str(ROOT / "demo")
    cli.write(
        "before.json", cli("check", "--isolated", tree, "--ignore", "style", "--output-format", "json").out
    )
    assert cli("report", "--isolated", tree, "--compare", "before.json", "--title", "The demo").status == 1
    return cli.folder / "rfl-lint-report.html"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a tree whose names and texts try to become markup, script, or something else than they are."""
    cli = Runner(tmp_path_factory.mktemp("hostile"))
    text = f"// {OWN} \u202e\u2066 </pre> \"'>\n" + UNSAFE.replace("g()", f'g("{OWN}", \'"\')')
    for name in (
        OWN.replace("/", ""),
        "\"'><svg onload=alert(1)>",
        "\u202egpj.exe",
        "a&amp;b",
        "x#y=z?",
        "new\nline",
    ):
        cli.write(f"drivers/{name}/{name}.rs", text)
    (cli.folder / os.fsdecode(b"drivers/\xff.rs")).write_text(text)
    assert cli("report", "--isolated", "--title", OWN).status == 1
    return cli.folder / "rfl-lint-report.html"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [320, 1600])
def test_the_page_fits_and_asks_for_nothing(window: Browser, demo: Path, width: int, script: bool) -> None:
    window.open(demo, width=width, script=script)
    assert window.requests() == [demo.as_uri()]
    assert window.complaints() == []
    assert window.run("document.documentElement.scrollWidth") == width
    assert window.run(f"{VISIBLE}.length") == window.run("document.querySelectorAll('article').length") > 20
    assert window.run("[form.hidden, theme.hidden]".replace("form", "filters")) == [not script, not script]


def test_nothing_of_a_hostile_tree_runs_or_is_lost(window: Browser, hostile: Path) -> None:
    window.open(hostile)
    assert window.run("document.title") == OWN
    assert window.complaints() == []
    assert window.requests() == [hostile.as_uri()]
    assert window.run("document.querySelectorAll('script').length") == 1
    assert window.run("document.querySelectorAll('svg:not(.bar), img').length") == 0
    assert window.run("document.querySelectorAll('article').length") == 7
    assert window.run("/[\\u202e\\u2066\\u0000-\\u0008]/.test(document.body.textContent)") is False
    assert "\\u{202e}gpj.exe" in window.run("document.body.textContent")
    # Each file can be chosen by its name, however odd.
    for number in range(7):
        window.run(f"form = document.forms[0]; form.file.selectedIndex = {number + 1}; 0")
        window.run("form.dispatchEvent(new Event('change')); new Promise(done => setTimeout(done, 150))")
        assert window.run(f"{VISIBLE}.length") == 1
        assert window.run(f"{VISIBLE}[0].closest('section').dataset.path === form.file.value") is True


def test_filters_in_the_address(window: Browser, demo: Path) -> None:
    def shown(fragment: str, condition: str) -> int:
        window.open(f"{demo.as_uri()}#{fragment}")
        assert window.run(f"{VISIBLE}.every(a => {condition})") is True, fragment
        count: int = window.run(f"{VISIBLE}.length")
        wanted = window.run(f"[...document.querySelectorAll('article')].filter(a => {condition}).length")
        assert count == wanted > 0, fragment
        assert window.run("document.querySelector('#shown').textContent").startswith(f"{count} of ")
        return count

    path = "a.closest('section').dataset.path"
    shown("rule=flagless-allocation", "a.dataset.rule === 'flagless-allocation'")
    shown("group=layout", "a.dataset.group === 'layout'")
    shown("severity=error", "a.dataset.severity === 'error'")
    shown("state=new", "a.dataset.state === 'new'")
    shown("folder=rust/kernel", f"{path}.startsWith('rust/kernel/')")
    shown("folder=rust", f"{path}.startsWith('rust/')")
    shown("file=rust/kernel/ring.rs", f"{path} === 'rust/kernel/ring.rs'")
    text = f"({path} + a.textContent).toLowerCase()"
    shown("q=KBOX%20flags", f"{text}.includes('kbox') && {text}.includes('flags')")
    both = shown(
        "q=unsafe&severity=warning", f"a.dataset.severity === 'warning' && {text}.includes('unsafe')"
    )
    assert both < shown("q=unsafe", f"{text}.includes('unsafe')")
    window.open(f"{demo.as_uri()}#q=nothing-has-this")
    assert window.run(
        "[document.querySelector('#none').hidden, document.querySelector('#findings .file').hidden]"
    ) == [
        False,
        True,
    ]
    window.open(f"{demo.as_uri()}#rule=no-such-rule&q=")
    assert window.run(f"{VISIBLE}.length") == window.run("document.querySelectorAll('article').length")


def test_the_page_is_used_with_the_keyboard(window: Browser, demo: Path) -> None:
    window.open(demo, width=1600)
    focused = "document.activeElement"
    window.press("Tab", 9)
    assert window.run(f"{focused}.textContent") == "Skip to the findings"
    assert window.run(f"{focused}.getBoundingClientRect().left >= 0") is True
    window.press("Tab", 9)
    assert window.run(f"{focused}.id") == "theme"
    before = window.run("getComputedStyle(document.body).backgroundColor")
    for _ in range(2):  # from the system's to light, from light to dark
        window.press("Enter", 13, "\r")
    assert window.run("document.documentElement.dataset.theme") == "dark"
    assert window.run("getComputedStyle(document.body).backgroundColor") != before
    window.press("Enter", 13, "\r")
    assert window.run("'theme' in document.documentElement.dataset") is False
    for _ in range(40):
        if window.run(f"{focused}.name") == "q":
            break
        window.press("Tab", 9)
    for letter in "kbox":
        window.press(letter, ord(letter.upper()), letter)
    window.run("new Promise(done => setTimeout(done, 200))")
    assert window.run("location.hash") == "#q=kbox"
    assert 0 < window.run(f"{VISIBLE}.length") < window.run("document.querySelectorAll('article').length")
    for _ in range(40):
        window.press("Tab", 9)
        if window.run(f"{focused}.className") == "reset":
            break
    window.press("Enter", 13, "\r")
    assert window.run("[location.hash, document.forms[0].q.value]") == ["#findings", ""]


def test_tables_filter_and_sort(window: Browser, demo: Path) -> None:
    window.open(demo)
    window.run("document.querySelector('a[data-filter=folder][data-value=\"rust/kernel/alloc\"]').click()")
    assert window.run("document.forms[0].folder.value") == "rust/kernel/alloc"
    assert window.run("document.activeElement.id") == "h-findings"
    assert window.run(f"{VISIBLE}.length") > 0

    def order(column: int) -> list[str]:
        window.run(f"document.querySelectorAll('#summary th button')[{column}].click()")
        cells = f"[...document.querySelector('#summary tbody').rows].map(r => r.cells[{column}].textContent)"
        found: list[str] = window.run(cells)
        return found

    names = order(0)
    assert names == sorted(names)
    assert order(0) == names[::-1]
    assert window.run("document.querySelector('#summary th').getAttribute('aria-sort')") == "descending"
    counts = [int(count) for count in order(2)]
    assert counts == sorted(counts, reverse=True)


def test_links_open_what_they_lead_to(window: Browser, demo: Path) -> None:
    window.open(demo)
    window.run("document.querySelector('article a').click(); new Promise(done => setTimeout(done, 100))")
    assert window.run("document.querySelector(location.hash).closest('details').open") is True
    link = "document.querySelector('#rules details[open] .list a')"
    window.run(
        f"document.forms[0].q.value = 'xyzzy'; document.forms[0].dispatchEvent(new Event('input')); {link}.href"
    )
    window.run("new Promise(done => setTimeout(done, 200))")
    window.run(f"{link}.click(); new Promise(done => setTimeout(done, 100))")
    assert window.run("document.querySelector(location.hash).offsetParent !== null") is True


CONTRAST = """
(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (c) => c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (at) => {
    for (; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  document.querySelectorAll("details").forEach(d => { d.open = true; });
  let worst = [99, ""];
  for (const at of document.querySelectorAll("body *")) {
    if (![...at.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(at).color)), light(ground(at))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, at.outerHTML.slice(0, 120)];
  }
  return worst;
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out(window: Browser, demo: Path, dark: bool) -> None:
    window.open(demo, dark=dark)
    assert window.run("matchMedia('(prefers-color-scheme: dark)').matches") is dark
    ratio, element = window.run(CONTRAST)
    assert ratio >= 4.5, element


def test_the_page_can_be_printed(window: Browser, demo: Path, tmp_path: Path) -> None:
    window.open(demo)
    window.print(tmp_path / "page.pdf")
    printed = (tmp_path / "page.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") > 5
