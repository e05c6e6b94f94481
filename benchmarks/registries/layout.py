"""Where the manifests of generated modules stand in a tree of files."""

from __future__ import annotations

from enum import StrEnum
from zlib import crc32

__all__ = ["Layout", "path_of"]


class Layout(StrEnum):
    """How manifests are laid out below two hex digits of their module's name.

    `FOLDERS`: a folder a module, with a stream of all its versions; `STREAMS`: the same without folders of their own;
    `VERSIONS`: a folder a module, with a file for each version.
    """

    FOLDERS = "folders"
    STREAMS = "streams"
    VERSIONS = "versions"


def path_of(name: str, version: str = "", layout: Layout = Layout.FOLDERS) -> str:
    """Where the manifest of a version stands, from the root of a tree."""
    folder = f"{crc32(name.encode()) & 0xFF:02x}/{name}"
    match layout:
        case Layout.FOLDERS:
            return f"{folder}/manifest.yaml"
        case Layout.STREAMS:
            return f"{folder}.manifest.yaml"
        case Layout.VERSIONS:
            return f"{folder}/{version}.manifest.yaml"
