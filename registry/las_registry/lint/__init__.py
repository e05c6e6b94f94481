"""Linting a registry: what a schema cannot see (docs/lint.md)."""
