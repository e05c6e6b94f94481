"""``las-solve registry``: the modules that there are, and their manifests."""

from __future__ import annotations

from typing import Final

import click

from las_cli.group import Entry, LazyGroup
from las_cli.options import logging_options

__all__ = ["registry"]

_COMMANDS: Final = {
    "audit": Entry(f"{__package__}.audit", "audit", "Tell which versions can be planned where, and what changed."),
    "freeze": Entry(f"{__package__}.freeze", "freeze", "Declare a registry finished."),
    "keygen": Entry(f"{__package__}.keygen", "keygen", "Make a key to sign manifests with."),
    "lint": Entry(f"{__package__}.lint", "lint", "Find what is wrong with manifests that a schema cannot see."),
    "list": Entry(f"{__package__}.list", "list_modules", "List all modules."),
    "matrix": Entry(f"{__package__}.matrix", "matrix", "Show which version of what fits which machine."),
    "schema": Entry(f"{__package__}.schema", "schema", "Print the JSON Schema of manifests."),
    "seal": Entry(f"{__package__}.seal", "seal", "Write the checksums of manifests into their files."),
    "search": Entry(f"{__package__}.search", "search", "Find modules by words."),
    "show": Entry(f"{__package__}.show", "show", "Show a module, and which versions of it fit this machine."),
    "sign": Entry(f"{__package__}.sign", "sign", "Sign manifests, or the list of a registry."),
    "trust": Entry(f"{__package__}.trust.group", "trust", "Say which keys count."),
    "validate": Entry(f"{__package__}.validate", "validate", "Report every mistake of manifests."),
    "verify": Entry(f"{__package__}.verify", "verify", "Tell who vouches for each manifest."),
    "which": Entry(f"{__package__}.which", "which", "Tell which registry a module comes from, and why."),
}


@click.group(cls=LazyGroup, entries=_COMMANDS, short_help="Search, show and validate modules and their manifests.")
@logging_options
def registry() -> None:
    """The modules that there are, and their manifests.

    \b
    Examples:
      las-solve registry search vector database
      las-solve registry show 'vllm@>=0.6'
      las-solve registry matrix vllm ollama
      las-solve registry validate my-registry
      las-solve registry lint my-registry
      las-solve registry freeze my-registry
      las-solve registry seal my-registry/app/manifest.yaml
      las-solve registry verify my-registry
    """
