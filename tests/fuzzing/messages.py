"""Hostile messages for the language server: right ones, and some with parts that are wrong, too large, or missing.

A session is kept as a text: a body on each line, the first of which begins the session. `file:///tree` stands in it for
the folder that it is played in.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

TREE: Final = "file:///tree"
TEXT: Final = "fn f(p: *const u8) -> u8 {\n    unsafe { *p }\n}\n// \U0001f600 é\r\nfn g() {}\n"
OTHER: Final = (
    "/* \U0001f600 */ fn h() { unsafe { crate::f(0) }; }\r\nfn i() {\r\n    unsafe { j() };\r\n}\r\n"
)
_FILES: Final = (f"{TREE}/drivers/a.rs", f"{TREE}/drivers/b.rs", f"{TREE}/no/c.rs")
_ADDRESSES: Final = (
    *_FILES * 3,
    f"{TREE}/drivers/%61.rs",
    f"{TREE}/drivers/../drivers/b.rs",
    f"{TREE}/drivers/%FF.rs",
    f"{TREE}/drivers/" + "n" * 300 + ".rs",
    f"{TREE}/drivers",
    f"{TREE}/x.toml",
    f"{TREE}/rfl-lint.toml",
    TREE,
    *("untitled:1", "file:///", "file://[/a.rs", "file:////a.rs", "http://x/a.rs", "file:///%00/%ff.rs", "", "\ud800"),
)  # fmt: skip
# None of all files of the machine: whoever asks for these gets them.
_FOLDERS: Final = (
    TREE,
    TREE,
    f"{TREE}/drivers",
    f"{TREE}/%FF",
    "file://[/a",
    "file:drivers",
    "untitled:1",
    "",
    "\ud800",
)
_NUMBERS: Final = (0, 1, 3, 80, -1, 2**31 - 1, 2**31, 2**53, 2**80, -(2**63), 0.5, 1e300)
_VALUES: Final[tuple[Any, ...]] = (
    None, True, "", "x", "\ud800", "\0", "file:///dev/null", "http://x/y.rs", "untitled:1", [], {}, [[]], {"a": {}},
    *_NUMBERS,
)  # fmt: skip
_IDS: Final[tuple[Any, ...]] = ("x", "", None, True, 0.5, [], {}, 2**80, -1, 0)
_METHODS: Final[tuple[Any, ...]] = (
    "textDocument/unheardOf", "$/unheardOf", "notebookDocument/didOpen", "window/showMessage", "client/x", "",
    "__class__", None, 5, [], {}, "textDocument/didOpen", "textDocument/hover", "initialize",
)  # fmt: skip
_BODIES: Final = (
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b'{"jsonrpc": "2.0"}', b"[" * 200 + b"]" * 200,
    b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"[NaN, 1e999, -0]", b'{"jsonrpc": "2.0", "id": NaN}',
    b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]', b'{"jsonrpc": "2.0", "method": 5}',
    b'{"id": 1, "jsonrpc": "1.0", "method": "shutdown"}', b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0",
)  # fmt: skip


def session(random: Random, count: int) -> bytes:
    """A session of so many messages."""
    bodies = [json.dumps(_beginning(random)).encode()]
    bodies += [_body(random, number) for number in range(1, count)]
    return b"\n".join(bodies)


def _beginning(random: Random) -> dict[str, Any]:
    supported = {"refreshSupport": True}
    capabilities = random.choice(
        (
            {},
            {"general": {"positionEncodings": [random.choice(("utf-8", "utf-16", "utf-32", "x"))]}},
            {
                "textDocument": {
                    "diagnostic": {},
                    "codeAction": {"resolveSupport": {"properties": ["edit"]}},
                },
                "workspace": {"diagnostics": supported, "codeLens": supported, "inlayHint": supported},
            },
        )
    )
    options: Any = random.choice((None, {"codeLens": True, "inlayHints": True}, [], {"rfl-lint": 1}))
    params = {
        "processId": None,
        "rootUri": TREE,
        "capabilities": capabilities,
        "initializationOptions": options,
    }
    return {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}


def _place(random: Random) -> dict[str, Any]:
    return {"line": random.choice((0, 1, 2, 3, 4, 9)), "character": random.choice((0, 1, 4, 5, 11, 40))}


def _range(random: Random) -> dict[str, Any]:
    ends = sorted((_place(random), _place(random)), key=lambda each: (each["line"], each["character"]))
    start, end = ends if random.random() < 0.95 else reversed(ends)
    return {"start": start, "end": end}


def _requests(random: Random, uri: str) -> dict[str, Any]:
    document = {"uri": uri}
    here = {"textDocument": document, "position": _place(random)}
    only = random.choice((None, ["quickfix"], ["source.fixAll"]))
    return {
        "textDocument/hover": here,
        "textDocument/codeAction": {
            "textDocument": document,
            "range": _range(random),
            "context": {"diagnostics": [], "only": only},
        },
        "codeAction/resolve": {"title": "x", "data": {"uri": uri, "unsafe": True}},
        "textDocument/codeLens": {"textDocument": document},
        "textDocument/inlayHint": {"textDocument": document, "range": _range(random)},
        "textDocument/diagnostic": {"textDocument": document, "previousResultId": "1"},
        "workspace/diagnostic": {"previousResultIds": [{"uri": uri, "value": "1"}]},
        "workspace/executeCommand": {"command": "rfl-lint.explain", "arguments": ["missing-safety-comment"]},
        "textDocument/definition": here,
        "initialize": {"processId": None, "rootUri": random.choice(_FOLDERS), "capabilities": {}},
    }


def _notices(random: Random, uri: str, number: int) -> dict[str, Any]:
    version = random.choice((1, 2, 3, 7, 7, 2, 0))
    words = ("", "x", "unsafe { f() };\n", "\U0001f600", "\r", "\n", "/*", '"', "// SAFETY: x\n", "{", "}")
    text = random.choice((TEXT, OTHER, "", "\ufeff" + TEXT))
    edits = [{"range": _range(random), "text": random.choice(words)} for _ in range(2)]
    folder = {"uri": random.choice(_FOLDERS), "name": "x"}
    changed = {
        "textDocument": {"uri": uri, "version": version},
        "contentChanges": random.choice((edits[:1], edits[:1], edits, [{"text": text}], [])),
    }
    return {
        "textDocument/didOpen": {
            "textDocument": {"uri": uri, "languageId": "rust", "version": version, "text": text}
        },
        "textDocument/didChange": changed,
        "textDocument/didClose": {"textDocument": {"uri": uri}},
        "textDocument/didSave": {"textDocument": {"uri": uri}},
        "workspace/didChangeWatchedFiles": {"changes": [{"uri": uri, "type": random.choice((1, 2, 3))}]},
        "workspace/didChangeConfiguration": {"settings": random.choice(({}, {"codeLens": True}, None))},
        "workspace/didChangeWorkspaceFolders": {"event": {"added": [folder], "removed": [folder]}},
        "$/cancelRequest": {"id": number - random.randrange(1, 6)},
        "$/setTrace": {"value": "verbose"},
        "window/workDoneProgress/cancel": {"token": "x"},
        "initialized": {},
    }


# Edits are what a session is mostly made of.
_LIKELY: Final = ("textDocument/didOpen", "textDocument/didChange", "textDocument/didChange")


def _spoilt(value: Any, random: Random) -> Any:
    """A message's parameters with one part replaced, taken out or put in."""
    value = copy.deepcopy(value)
    holders: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        inner = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        for key, part in inner:
            holders.append((each, key))
            waiting.append(part)
    if not holders or random.random() < 0.05:
        return random.choice(_VALUES)
    holder, key = random.choice(holders)
    choice = random.randrange(4)
    if choice == 0 and isinstance(holder, dict):
        del holder[key]
    elif choice == 1 and isinstance(holder, dict):
        holder[random.choice(("x", "range", "uri", "version", "jsonrpc", "id", "method"))] = random.choice(
            _VALUES
        )
    else:
        holder[key] = random.choice(_NUMBERS if isinstance(holder[key], int) else _VALUES)
    return value


def _body(random: Random, number: int) -> bytes:
    if random.random() < 0.03:
        return random.choice(_BODIES)
    if random.random() < 0.03:
        answer = {
            "jsonrpc": "2.0",
            "id": random.choice((number - 1, *_IDS)),
            "result": random.choice(_VALUES),
        }
        if random.random() < 0.5:
            answer["error"] = random.choice(({"code": 1, "message": "x"}, *_VALUES))
        return json.dumps(answer).encode()
    uri = random.choice(_ADDRESSES)
    made: dict[str, Any] = {"jsonrpc": "2.0"}
    if random.random() < 0.5:
        made["id"] = number
        messages = _requests(random, uri)
    else:
        messages = _notices(random, uri, number)
    names = sorted(messages)
    made["method"] = random.choice([*names, *(name for name in _LIKELY if name in messages)])
    made["params"] = messages[made["method"]]
    chance = random.random()
    if chance < 0.25:
        made["params"] = _spoilt(made["params"], random)
    elif chance < 0.30:
        made["method"] = random.choice(_METHODS)
    elif chance < 0.33:
        made["id"] = random.choice((number - 1, *_IDS))
    elif chance < 0.36:
        del made[random.choice(sorted(made))]
    return json.dumps(made).encode()


def in_folder(bodies: bytes, uri: str) -> list[bytes]:
    """The bodies of a session, for a folder."""
    return [body.replace(TREE.encode(), uri.encode()) for body in bodies.split(b"\n")]


Keep = Callable[[str, bytes], None]
