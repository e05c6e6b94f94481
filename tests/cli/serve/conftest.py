"""A service of the registry, the machine and the store that the command line has in the same test."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import RunCli
from manifests import manifest_text, write_files
from services import InProcess, a_service


@pytest.fixture
def service(machine: RunCli, registry: Path, profile: Path, tmp_path: Path) -> InProcess:
    """Nothing is installed there yet; `bulky` and `heavy` do not fit on one card."""
    write_files(registry, {"bulky/manifest.yaml": manifest_text("bulky", "1.0", "hardware: {gpu: {vram_min: 8GB}}\n")})
    return a_service(registry, tmp_path / "indexes", profile=profile, store=tmp_path / "store.sqlite3")
