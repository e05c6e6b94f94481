"""Several processes open a registry while somebody edits it: each sees it as it was at some time meanwhile."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pytest
from indexes import as_a_whole, by_index
from manifests import manifest_text, write_files

from las_registry.compiled import refreshing
from las_registry.registry import Registry

EDITS = 100
READERS = 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_nobody_sees_less_than_was_there_when_he_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_WORTHWHILE", 0)
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    files = {f"m{at}/manifest.yaml": manifest_text(f"m{at}") for at in range(20)}
    directory = write_files(tmp_path / "registry", {**files, "lib/manifest.yaml": manifest_text("lib", "0")})
    edits = mmap.mmap(-1, 1)
    children = []
    for _ in range(READERS):
        child = os.fork()
        if child == 0:
            _read_until_the_last_edit(directory, edits)
        children.append(child)
    for edit in range(1, EDITS + 1):
        fresh = directory / "lib" / "fresh"
        fresh.write_text(manifest_text("lib", str(edit)))
        fresh.replace(directory / "lib" / ("manifest.yaml" if edit % 3 else f"{edit}.manifest.yaml"))
        edits[0] = edit
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * READERS
    assert by_index(directory) == as_a_whole(directory)
    assert sorted(one.suffix for one in (tmp_path / "cache").iterdir()) == [".lock", ".sqlite3"]


def _read_until_the_last_edit(directory: Path, edits: mmap.mmap) -> None:
    """Ends this process: with status 0, if it always saw at least the edits before it looked, and none of later."""
    try:
        while (before := edits[0]) < EDITS:
            newest = Registry.open([directory]).versions("lib")[0].version.major
            if not before <= newest <= edits[0] + 1:
                os._exit(2)
        os._exit(0)
    finally:
        os._exit(1)
