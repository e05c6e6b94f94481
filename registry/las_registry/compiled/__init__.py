"""Registries that were compiled into an index, so that a plan reads only what its answer touches.

See ``docs/decisions/0019-a-compiled-index.md``.
"""
