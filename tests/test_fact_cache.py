"""Facts on disk: found again by content, and never believed when anything about the file is odd."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfl_lint.fact_cache import FactCache, digest
from rfl_lint.facts import FileFacts
from rfl_lint.source import SourceFile
from rfl_lint.store import cache_folder, read_stored, write_stored

KEY = digest(SourceFile("a.rs", b"fn f() {}"))
FACTS = FileFacts("a.rs")


def filled(folder: Path) -> Path:
    cache = FactCache(Path("/tree"), folder)
    cache.put(KEY, FACTS)
    cache.save()
    (file,) = folder.iterdir()
    return file


def test_what_was_saved_is_found_again(tmp_path: Path) -> None:
    filled(tmp_path / "cache")
    assert FactCache(Path("/tree"), tmp_path / "cache").get(KEY) == FACTS
    assert FactCache(Path("/other"), tmp_path / "cache").get(KEY) is None


def test_the_key_is_content_and_path() -> None:
    assert digest(SourceFile("b.rs", b"fn f() {}")) != KEY
    assert digest(SourceFile("a.rs", b"fn g() {}")) != KEY


def test_runs_over_parts_of_a_tree_do_not_displace_one_another(tmp_path: Path) -> None:
    filled(tmp_path)
    cache = FactCache(Path("/tree"), tmp_path)
    cache.put(b"new", FileFacts("b.rs"))
    cache.save()
    again = FactCache(Path("/tree"), tmp_path)
    assert again.get(KEY) == FACTS
    assert again.get(b"new") == FileFacts("b.rs")


def test_entries_that_nobody_asks_for_go_some_day(tmp_path: Path) -> None:
    cache = FactCache(Path("/tree"), tmp_path)
    for number in range(3_000):
        cache.put(str(number).encode(), FACTS)
    cache.save()
    cache = FactCache(Path("/tree"), tmp_path)
    cache.put(b"new", FACTS)
    cache.save()
    again = FactCache(Path("/tree"), tmp_path)
    assert again.get(b"0") is None
    assert again.get(b"new") == FACTS


@pytest.mark.parametrize("cut", [0, 10, 60, 100, -1])
def test_a_file_cut_short_counts_as_absent(tmp_path: Path, cut: int) -> None:
    file = filled(tmp_path)
    file.write_bytes(file.read_bytes()[:cut])
    assert FactCache(Path("/tree"), tmp_path).get(KEY) is None


def test_a_changed_byte_counts_as_absent(tmp_path: Path) -> None:
    file = filled(tmp_path)
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    assert FactCache(Path("/tree"), tmp_path).get(KEY) is None


def test_another_versions_file_counts_as_absent(tmp_path: Path) -> None:
    file = filled(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"rfl-lint facts ", b"rfl-lint facts 9"))
    assert FactCache(Path("/tree"), tmp_path).get(KEY) is None


def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path).chmod(0o666)
    assert FactCache(Path("/tree"), tmp_path).get(KEY) is None


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    cache = FactCache(Path("/tree"), tmp_path / "file")
    cache.put(KEY, FACTS)
    cache.save()
    assert cache.get(KEY) == FACTS


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = FactCache(Path("/tree"), tmp_path)
    cache.put(KEY, FACTS)
    monkeypatch.setattr(Path, "replace", full)
    cache.save()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/rfl-lint")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/rfl-lint")


def test_the_folder_holds_a_bounded_number_of_trees(tmp_path: Path) -> None:
    for number in range(80):
        write_stored(tmp_path / f"{number}.facts", b"magic", b"body", 1000)
    assert len(list(tmp_path.iterdir())) == 64
    assert (tmp_path / "79.facts").exists()


def test_what_is_too_large_to_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.facts"
    for size, found in ((900, b"x" * 900), (1000, None)):
        path.unlink(missing_ok=True)
        write_stored(path, b"magic", b"x" * size, 1000)
        assert read_stored(path, b"magic", 1000) == found
        assert path.exists() == (found is not None)
