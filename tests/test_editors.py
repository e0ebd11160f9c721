"""The setups that docs/editors.md shows, in the editors themselves: findings, hover, an action, an orderly end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.wire import make_tree

pytestmark = pytest.mark.client
TEXT = "fn f(p: *const u8) -> u8 {\n    /* 🦀 é */ unsafe { *p }\n}\n"
CALLED = """\
/// # Safety
///
/// - `p` is valid.
unsafe fn g(p: *mut u8) {}

fn h(p: *mut u8) {
    // SAFETY: it is.
    unsafe { g(p) };
}
"""
COLUMN = len("    /* 🦀 é */ ".encode())
"""In bytes, as these editors count them themselves."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tree with one finding, and `rfl-lint` as a command."""
    command = tmp_path / "bin" / "rfl-lint"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m rfl_lint "$@"\n')
    command.chmod(0o755)
    return make_tree(tmp_path, drivers__a=TEXT + CALLED)


def setup(name: str) -> str:
    """The code that the page shows for an editor."""
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"<!-- test: {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    return str(code)


def drive(program: str, folder: Path, *arguments: str | Path) -> list[str]:
    """Run an editor on the file; the lines that it prints about what happened."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [found, *arguments, folder / "drivers/a.rs"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith(("= ", "FAIL"))]
    assert done.returncode == 0, done.stdout
    return lines or [done.stdout]


EXPECTED = [
    f"= 2 {COLUMN} missing-safety-comment unsafe block has no `SAFETY:` comment",
    "= hover `g` requires",
    "= after // rfl-lint: allow(missing-safety-comment): TODO: why this is right here",
    "= left 0",
    "= stopped",
]

NEOVIM = """
local function die(said) print("FAIL " .. said); vim.cmd("cquit 1") end
local function within(what, holds) if not vim.wait(60000, holds, 20) then die(what) end end
local function say(said) io.stdout:write("= " .. said .. "\\n") end
local buffer = vim.api.nvim_get_current_buf()
within("findings", function() return #vim.diagnostic.get(buffer) > 0 end)
for _, found in ipairs(vim.diagnostic.get(buffer)) do
  say((found.lnum + 1) .. " " .. found.col .. " " .. found.code .. " " .. vim.split(found.message, "\\n")[1])
end
local function floating()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then return window end
  end
end
vim.api.nvim_win_set_cursor(0, {11, 13})
vim.lsp.buf.hover()
within("hover", floating)
local shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(floating()), 0, -1, false), "\\n")
say("hover " .. (string.match(shown, "`g` requires") or shown))
vim.api.nvim_win_set_cursor(0, {2, COLUMN})
vim.ui.select = function(items, _, choose)
  for index, item in ipairs(items) do
    local action = item[2] or item.action or item
    if string.match(action.title, "^Allow") then choose(item, index) end
  end
end
vim.lsp.buf.code_action({ diagnostics = vim.lsp.diagnostic.get_line_diagnostics(buffer, 1), only = {"quickfix"} })
within("action", function() return string.match(vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1], "rfl%-lint") end)
say("after " .. vim.trim(vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1]))
within("no findings", function() return #vim.diagnostic.get(buffer) == 0 end)
say("left " .. #vim.diagnostic.get(buffer))
local client = vim.lsp.get_active_clients()[1]
vim.lsp.stop_client(client.id)
within("stop", function() return client.is_stopped() end)
say("stopped")
vim.cmd("qall!")
"""

DEBIAN = """
set nocompatible encoding=utf-8
packadd! ale
filetype plugin on
"""
VIM = """
runtime autoload/ale/util.vim
function! ale#util#Input(message, value, ...) abort
  return g:answer
endfunction
function! Say(said)
  call writefile(['= ' . a:said], '/dev/stdout', 'a')
endfunction
function! Within(what, holds)
  for tick in range(1200)
    if a:holds()
      return
    endif
    sleep 50m
  endfor
  call Say('FAIL ' . a:what)
  cquit 1
endfunction
function! Found()
  return ale#engine#GetLoclist(bufnr(''))
endfunction
function! Preview()
  for window in range(1, winnr('$'))
    if getwinvar(window, '&previewwindow')
      return join(getbufline(winbufnr(window), 1, '$'), ' ')
    endif
  endfor
  return ''
endfunction
function! Go()
  call Within('findings', {-> len(Found()) > 0})
  for found in Found()
    call Say(found.lnum . ' ' . (found.col - 1) . ' ' . found.code . ' ' . substitute(found.text, ' help: .*', '', ''))
  endfor
  call cursor(11, 14)
  ALEHover
  call Within('hover', {-> Preview() =~# 'requires'})
  call Say('hover ' . matchstr(Preview(), '`g` requires'))
  call cursor(2, COLUMN + 1)
  let g:answer = '2'
  ALECodeAction
  call Within('action', {-> getline(1) =~# 'rfl-lint'})
  call Say('after ' . trim(getline(1)))
  ALELint
  call Within('no findings', {-> len(Found()) == 0})
  call Say('left ' . len(Found()))
  ALEStopAllLSPs
  call Say('stopped')
  qall!
endfunction
"""

EMACS = """
(dolist (folder (file-expand-wildcards "/usr/share/emacs/site-lisp/elpa/*"))
  (when (file-directory-p folder) (push folder load-path)))
(require 'eglot)
(require 'flymake)
(setq eglot-sync-connect 60 eglot-confirm-server-initiated-edits nil)
(define-derived-mode rust-mode prog-mode "Rust")
(load-file (getenv "SETUP"))
(defun say (&rest words) (princ (concat "= " (apply #'format words) "\\n")))
(defun within (what holds)
  (let ((ticks 0))
    (while (and (not (funcall holds)) (< ticks 1200))
      (accept-process-output nil 0.05)
      (setq ticks (1+ ticks)))
    (unless (funcall holds) (princ (format "FAIL %s\\n" what)) (kill-emacs 1))))
(setq-default find-file-visit-truename nil)
(find-file (car (last command-line-args-left)))
(setq command-line-args-left nil)
(remove-hook 'rust-mode-hook #'eglot-ensure)
(rust-mode)
(apply #'eglot--connect (eglot--guess-contact))
(within "findings" (lambda () (flymake-start) (flymake-diagnostics)))
(dolist (found (flymake-diagnostics))
  (goto-char (flymake-diagnostic-beg found))
  (string-match "\\\\[\\\\([a-z-]+\\\\)\\\\]: \\\\(.*\\\\)" (flymake-diagnostic-text found))
  (say "%d %d %s %s" (line-number-at-pos) (- (position-bytes (point)) (position-bytes (line-beginning-position)))
       (match-string 1 (flymake-diagnostic-text found)) (match-string 2 (flymake-diagnostic-text found))))
(setq place (point))
(goto-char (point-min))
(search-forward "unsafe { g")
(backward-char)
(let* ((answer (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams)))
       (text (plist-get (plist-get answer :contents) :value)))
  (string-match "`g` requires" text)
  (say "hover %s" (match-string 0 text)))
(let ((actions (append (eglot-code-actions place place) nil)))
  (dolist (action actions)
    (when (string-prefix-p "Allow" (plist-get action :title))
      (eglot--apply-workspace-edit (plist-get action :edit)))))
(goto-char (point-min))
(say "after %s" (string-trim (thing-at-point 'line t)))
(eglot--signal-textDocument/didChange)
(within "no findings" (lambda () (flymake-start) (not (flymake-diagnostics))))
(say "left %d" (length (flymake-diagnostics)))
(eglot-shutdown (eglot-current-server))
(say "stopped")
(kill-emacs 0)
"""

KAKOUNE = """
hook global BufCloseFifo .* %{
    try %{
        evaluate-commands -client client0 %{
            echo -to-file FOUND "%opt{lint_messages} of %opt{lint_warning_count}"
            buffer *lint-output*
            execute-keys gg
            make-jump
            execute-keys <a-i>w
            echo -to-file SELECTED "%val{bufname} %val{selection}"
        }
    } catch %{
        echo -to-file SELECTED "%val{error}"
    }
    nop %sh{ (echo kill! | kak -p "$kak_session") >/dev/null 2>&1 </dev/null & }
}
"""


def test_neovim(folder: Path) -> None:
    (folder / "init.lua").write_text(setup("neovim"))
    (folder / "go.lua").write_text(NEOVIM.replace("COLUMN", str(COLUMN)))
    arguments = (
        "--headless",
        "-u",
        folder / "init.lua",
        "-i",
        "NONE",
        "-n",
        "-c",
        f"luafile {folder / 'go.lua'}",
    )
    assert drive("nvim", folder, *arguments) == EXPECTED


def test_vim_with_ale(folder: Path) -> None:
    if not Path("/usr/share/vim-ale").is_dir():
        pytest.skip("vim-ale is not installed")
    (folder / "vimrc").write_text(
        DEBIAN + setup("vim") + VIM.replace("COLUMN", str(COLUMN)), encoding="utf-8"
    )
    assert drive("vim", folder, "-Nu", folder / "vimrc", "-i", "NONE", "-n", "-es", "-c", "call Go()") == [
        # ALE takes UTF-16 columns for its own.
        EXPECTED[0].replace(str(COLUMN), "15"),
        *EXPECTED[1:],
    ]


def test_emacs_with_eglot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (
        not list(Path("/usr/share/emacs/site-lisp/elpa").glob("eglot-*"))
        and shutil.which("emacs") is not None
    ):
        pytest.skip("eglot is not installed")
    (folder / "init.el").write_text(setup("emacs"))
    (folder / "go.el").write_text(EMACS, encoding="utf-8")
    monkeypatch.setenv("SETUP", str(folder / "init.el"))
    assert drive("emacs", folder, "--batch", "-Q", "-l", folder / "go.el") == EXPECTED


def test_kakoune(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKOUNE_CONFIG_DIR", str(folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    folder.chmod(0o700)
    code = KAKOUNE.replace("FOUND", str(folder / "found")).replace("SELECTED", str(folder / "selected"))
    (folder / "kakrc").write_text(setup("kakoune") + code)
    drive("kak", folder, "-ui", "dummy", "-e", "lint")
    assert (folder / "found").read_text(encoding="utf-8") == (
        f"1 2|warning: unsafe block has no `SAFETY:` comment [missing-safety-comment](col {COLUMN + 1}) of 1"
    )
    assert (folder / "selected").read_text(encoding="utf-8") == "drivers/a.rs unsafe"
