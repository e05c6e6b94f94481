"""``las-solve state``: snapshots, rollback, check, export and import."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import RunCli
from stored import apply_plan, document, recorded, states


@pytest.fixture
def installed(machine: RunCli) -> RunCli:
    """The machine with `app` installed."""
    apply_plan(machine, "app")
    return machine


class TestSnapshots:
    def test_back_to_a_snapshot(self, installed: RunCli) -> None:
        made = document(installed, "state", "snapshot", "before")["snapshot"]
        assert (made["id"], made["label"], len(made["modules"])) == (1, "before", 2)
        installed("state", "set", "library@2.0", "resolved")
        installed("state", "set", "app", "failed")
        changes = ["library 2.0: resolved to available", "app 2.1: failed to installed"]
        assert recorded(installed, "state", "rollback", "before", "--dry-run") == changes
        assert "app 2.1 failed (installed)" in states(installed)
        assert recorded(installed, "state", "rollback", "1") == changes
        assert states(installed) == ["app 2.1 installed", "library 1.5 installed"]
        again = installed("state", "rollback", "1")
        assert (again.exit_code, again.stdout) == (0, "all states are those of snapshot 1 already\n")

    def test_a_dry_run_makes_none(self, installed: RunCli) -> None:
        assert installed("state", "snapshot", "--dry-run").exit_code == 0
        assert document(installed, "state", "snapshots") == {"snapshots": []}

    def test_the_newest_comes_first_and_wins_by_label(self, installed: RunCli) -> None:
        for _ in range(2):
            installed("state", "snapshot", "same")
        lines = installed("state", "snapshots").stdout.splitlines()
        assert [line.split()[0] for line in lines] == ["SNAPSHOT", "2", "1"]
        assert document(installed, "state", "rollback", "same")["snapshot"] == 2

    def test_what_is_no_snapshot_is_an_error(self, installed: RunCli) -> None:
        assert "hint: las-solve state snapshot makes one" in installed("state", "rollback", "1").stderr
        installed("state", "snapshot", "before the upgrade")
        result = installed("state", "rollback", "before the upgrad")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "hint: did you mean before the upgrade?" in result.stderr
        assert "the newest ones are 1" in installed("state", "rollback", "77").stderr


class TestCheck:
    def test_all_is_well(self, installed: RunCli, tmp_path: Path) -> None:
        result = installed("state", "check")
        assert (result.exit_code, result.stdout) == (
            0,
            f"{tmp_path / 'store.sqlite3'}: all is well, 2 versions recorded\n",
        )
        assert document(installed, "state", "check") == {"status": "right", "complaints": []}

    def test_what_is_wrong_is_status_1(self, installed: RunCli, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as connection, connection:
            connection.execute("UPDATE modules SET state = 'stopped' WHERE name = 'app'")
        result = installed("state", "check")
        assert result.exit_code == 1 and "app" in result.stdout
        verdict = json.loads(installed("state", "check", "--format", "json").stdout)
        assert verdict["status"] == "wrong" and verdict["complaints"]

    def test_no_store_is_status_3(self, machine: RunCli) -> None:
        assert machine("state", "check").exit_code == 3
        assert machine("state", "export").exit_code == 3


class TestExport:
    def test_what_is_exported_can_be_imported(self, installed: RunCli, tmp_path: Path) -> None:
        installed("pin", "library@<2")
        installed("state", "snapshot", "first")
        file, other = tmp_path / "backup.jsonl", str(tmp_path / "other.sqlite3")
        assert installed("state", "export", str(file)).stdout == f"{file}: written\n"
        assert installed("state", "export").stdout == file.read_text()
        assert all(json.loads(line) for line in file.read_text().splitlines())
        assert installed("state", "import", str(file), "--store", other, "--dry-run").exit_code == 0
        assert not Path(other).exists()
        assert document(installed, "state", "import", str(file), "--store", other)["status"] == "imported"
        assert installed("state", "export", "--store", other).stdout == file.read_text()
        assert states(installed, "--store", other) == states(installed)

    def test_the_store_is_not_overwritten(self, installed: RunCli, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("store.sqlite3")
        for name in ("store.sqlite3", "link"):
            result = installed("state", "export", str(tmp_path / name))
            assert result.exit_code == 2
            assert f"{name} is the store itself" in result.stderr
        assert installed("state", "check").exit_code == 0

    def test_standard_input_is_read_too(self, installed: RunCli, tmp_path: Path) -> None:
        lines = installed("state", "export").stdout
        other = str(tmp_path / "other.sqlite3")
        assert installed("state", "import", "-", "--store", other, stdin=lines).exit_code == 0
        assert states(installed, "--store", other) == states(installed)

    def test_a_store_that_is_not_empty_stays_as_it_is(self, installed: RunCli) -> None:
        lines = installed("state", "export").stdout
        result = installed("state", "import", "-", stdin=lines)
        assert result.exit_code == 2
        assert installed("state", "export").stdout == lines

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"x": 1}\n', b"[]\n", b"null\n", b"[" * 100_000])
    def test_what_is_no_export_is_refused(self, machine: RunCli, content: bytes) -> None:
        result = machine("state", "import", "-", stdin=content)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: ")

    def test_a_cut_export_is_refused_as_a_whole(self, installed: RunCli, tmp_path: Path) -> None:
        lines = installed("state", "export").stdout.splitlines(keepends=True)
        other = str(tmp_path / "other.sqlite3")
        for end in range(len(lines)):
            assert installed("state", "import", "-", "--store", other, stdin="".join(lines[:end])).exit_code == 2
        assert not Path(other).exists() or states(installed, "--store", other) == []

    def test_all_is_read_before_a_store_is_made(self, installed: RunCli, tmp_path: Path) -> None:
        """So that nobody has to wait for a writer that waits for its input."""
        lines = installed("state", "export").stdout.encode()
        other = tmp_path / "other.sqlite3"
        result = installed("state", "import", "-", "--store", str(other), stdin=lines + b"\xff\n")
        assert (result.exit_code, other.exists()) == (2, False)

    def test_a_file_that_is_not_there_is_an_error(self, machine: RunCli, tmp_path: Path) -> None:
        result = machine("state", "import", str(tmp_path / "nowhere"))
        assert result.exit_code == 2 and "nowhere cannot be read" in result.stderr
        assert machine("state", "import", str(tmp_path)).exit_code == 2
        assert not (tmp_path / "store.sqlite3").exists()


def test_a_history_may_be_limited_to_more_than_a_database_can_count(installed: RunCli) -> None:
    whole = document(installed, "state", "history")
    assert document(installed, "state", "history", "--limit", str(10**30)) == whole
