"""Machines in ``tests/registry/host/trees``, put together from what such machines showed: files that tell of cards."""

from __future__ import annotations

from pathlib import Path

TREES = Path(__file__).parent / "registry/host/trees"


def plant(root: Path, name: str) -> Path:
    """The files of the machine `name`, written below `root`.

    A tree is one text: ``== path`` begins a file, whose lines follow; a line of ``hex`` is bytes; comments begin
    with ``#``.
    """
    for block in (TREES / f"{name}.txt").read_text().split("\n== ")[1:]:
        path, _, text = block.partition("\n")
        write(root, path, bytes.fromhex(text[4:]) if text.startswith("hex ") else text + "\n")
    return root


def write(root: Path, path: str, content: str | bytes = "") -> Path:
    """One file below `root`, in place of what was there."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root
