"""What is kept of an audit: all that was written to its end, and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from las_registry.audit.journal import FileJournal


def filled(folder: Path) -> FileJournal:
    journal = FileJournal(folder, "key")
    for part, result in (("one", {"rows": [1]}), ("two", ["\n", "ü"]), ("three", None)):
        journal.add(part, result)
    return journal


def test_what_was_added_is_there(tmp_path: Path) -> None:
    filled(tmp_path / "new" / "cache")
    again = FileJournal(tmp_path / "new" / "cache", "key")
    assert again.read() == {"one": {"rows": [1]}, "two": ["\n", "ü"], "three": None}
    assert FileJournal(tmp_path / "new" / "cache", "other").read() == {}
    again.end()
    assert again.read() == {}
    again.end()


def test_wherever_it_is_cut_off_whole_lines_count_and_can_be_added_to(tmp_path: Path) -> None:
    whole = filled(tmp_path).read()
    path = tmp_path / "audit-key.jsonl"
    data = path.read_bytes()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        journal = FileJournal(tmp_path, "key")
        before = journal.read()
        assert before.items() <= whole.items()
        journal.add("four", 4)
        assert journal.read() == {**before, "four": 4}


@pytest.mark.parametrize("at", range(0, 40, 3))
def test_a_damaged_line_does_not_count(tmp_path: Path, at: int) -> None:
    whole = filled(tmp_path).read()
    path = tmp_path / "audit-key.jsonl"
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    left = FileJournal(tmp_path, "key").read()
    assert left.items() <= whole.items() and len(left) >= 2


def test_the_checksum_of_nothing_is_no_line(tmp_path: Path) -> None:
    whole = filled(tmp_path).read()
    with (tmp_path / "audit-key.jsonl").open("ab") as file:
        file.write(b"00000000\n00000000 \n")
    assert FileJournal(tmp_path, "key").read() == whole


def test_it_is_the_users_alone_and_no_link_is_followed(tmp_path: Path) -> None:
    filled(tmp_path / "cache")
    path = tmp_path / "cache" / "audit-key.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    filled(tmp_path / "cache")
    assert not (tmp_path / "elsewhere").exists()


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert filled(tmp_path / "file" / "cache").read() == {}


def test_audits_that_nobody_went_on_with_are_forgotten(tmp_path: Path) -> None:
    old, recent = tmp_path / "audit-old.jsonl", tmp_path / "audit-recent.jsonl"
    for path in (old, recent):
        path.write_text("")
    os.utime(old, (0, 0))
    filled(tmp_path).end()
    assert [path.name for path in tmp_path.iterdir()] == ["audit-recent.jsonl"]
