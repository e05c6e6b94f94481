"""The kinds of records that an index of a registry has."""

from __future__ import annotations

from typing import Final

__all__ = ["CONTENTS", "DIGESTS", "FOLDERS", "INTERFACE", "MODULE", "NAMERS", "ORIGIN", "REGISTRY", "REJECTIONS"]

MODULE: Final = "module"
"""By name, what :func:`las_registry.compiled.record.encode_module` writes."""

INTERFACE: Final = "interface"
"""By interface, a JSON list of the names of the modules that provide it, in order."""

NAMERS: Final = "namers"
"""By the name of a module or runtime, a JSON list of the modules that name a pre-release of it, in order."""

DIGESTS: Final = "digests"
"""By number, lines of the registry's digest: see :mod:`las_registry.compiled.digests`."""

REJECTIONS: Final = "rejections"
"""One record, with the empty key: see :mod:`las_registry.compiled.rejected`."""

REGISTRY: Final = "registry"
"""One record, with the empty key: a JSON list: see :class:`las_registry.compiled.opening.Summary`."""

ORIGIN: Final = "origin"
"""By module, a JSON list: the paths of the files that have manifests of it, and what it stands in of INTERFACE and
NAMERS."""

FOLDERS: Final = "folders"
"""By number, a JSON list of :class:`las_registry.compiled.tree.Folder`."""

CONTENTS: Final = "contents"
"""By the number of FOLDERS, a JSON object of the files in them: by path, a list of what the content is known by and of
the modules that have manifests in the file."""
