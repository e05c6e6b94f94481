"""``las-solve registry search``: modules by words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from las_cli.inputs import load_registry
from las_cli.options import format_option, logging_options, registry_option, strict_option
from las_cli.render.json import print_json
from las_cli.render.modules import module_document, module_table, newest_manifest

if TYPE_CHECKING:
    from las_registry.manifest import Manifest
    from las_registry.registry import Registry

__all__ = ["plain", "rank_of", "search"]

_NAME_IS: Final = 0
_NAME_BEGINS: Final = 1
_NAME_HAS: Final = 2
_LABEL_HAS: Final = 3
_DESCRIPTION_HAS: Final = 4
"""How well a word matches; the least is best."""


@click.command(short_help="Find modules by words.")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@registry_option
@strict_option
@format_option("text", "json")
@logging_options
def search(*, words: Sequence[str], registries: Sequence[Path], strict: bool, output_format: str) -> None:
    """Find the modules that have every WORD in their name, category, interfaces or description, best match first.

    Case, hyphens, dots and underscores do not matter. Descriptions are those of the newest versions.

    \b
    Examples:
      las-solve registry search vector database
      las-solve registry search llama 70b --format json
    """
    loaded = load_registry(registries, strict=strict)
    wanted = [part for word in words for part in plain(word).split()]
    if not wanted:
        raise click.BadParameter("the words to look for are empty.", param_hint="'WORD...'")
    found = _found(loaded, wanted)
    if output_format == "json":
        print_json({"words": list(words), "modules": [module_document(loaded, one) for one in found]})
    elif found:
        for line in module_table(loaded, found):
            click.echo(line)
    else:
        click.echo(f"no module has {' and '.join(map(repr, words))}{_advice(loaded, wanted)}", err=True)


def _found(registry: Registry, words: Sequence[str]) -> list[Manifest]:
    """The newest manifests of the modules that match each of `words`, best first, then by name."""
    ranked = []
    for name in registry.names():
        newest = newest_manifest(registry, name)
        ranks = [rank for word in words if (rank := _rank(newest, word)) is not None]
        if len(ranks) == len(words):
            ranked.append((sum(ranks), name, newest))
    return [newest for _, _, newest in sorted(ranked, key=lambda one: one[:2])]


def _rank(manifest: Manifest, word: str) -> int | None:
    """How well `word` matches a module; None if it does not."""
    module = manifest.module
    labels = map(plain, (module.category, *module.provides, *module.consumes))
    return rank_of(word, plain(module.name), labels, lambda: plain(manifest.text("description") or ""))


def rank_of(word: str, name: str, labels: Iterable[str], description: Callable[[], str]) -> int | None:
    """How well a word matches a module, the least is best; None if it does not. All texts are as :func:`plain` has
    them."""
    if word in name:
        if name == word:
            return _NAME_IS
        return _NAME_BEGINS if name.startswith(word) else _NAME_HAS
    if any(word in label for label in labels):
        return _LABEL_HAS
    return _DESCRIPTION_HAS if word in description() else None


def plain(text: str) -> str:
    """`text` without what does not matter for a search."""
    return re.sub(r"[-_.\s]+", " ", text).strip().casefold()


def _advice(registry: Registry, words: Iterable[str]) -> str:
    from difflib import get_close_matches

    known = {plain(name): name for name in (*registry.names(), *registry.interfaces())}
    near = dict.fromkeys(known[one] for word in words for one in get_close_matches(word, known, n=2))
    return f"; did you mean {' or '.join(near)}?" if near else "; las-solve registry list shows all modules"
