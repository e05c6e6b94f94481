"""Fake executables for tests: scripts of a shell."""

from __future__ import annotations

from pathlib import Path

__all__ = ["script"]


def script(path: Path, body: str, mode: int = 0o755) -> Path:
    """An executable at `path` that runs `body` in a shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)
    return path
