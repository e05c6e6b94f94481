"""Commands as a shell reads them, to be tried next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from las_cli.installed import is_typed

if TYPE_CHECKING:
    from las_cli.request_options import RequestOptions

__all__ = ["command_text"]


def command_text(name: str, modules: Sequence[str], options: RequestOptions) -> str:
    """The command `name` about `modules`, with those of `options` that the answer depends on."""
    return shlex.join(["las-solve", name, *modules, *_words(options)])


def _words(options: RequestOptions) -> Iterator[str]:
    if options.recorded is not None:
        yield from ("--replay", str(options.recorded))
        return
    for registry in options.registries:
        yield from ("--registry", str(registry))
    if options.profile is not None and is_typed("profile"):  # typed, it would mean another machine than this
        yield from ("--profile", options.profile)
    if options.store is not None:
        yield from ("--store", str(options.store))
    if options.prereleases:
        yield "--pre"
    if options.together:
        yield "--together"
    if options.strategy != "newest":
        yield from ("--strategy", options.strategy)
    repeatable = {
        "--assume": options.assumptions,
        "--mode": options.modes,
        "--prefer": options.preferred,
        "--exclude": options.excluded,
    }
    for option, values in repeatable.items():
        for value in values:
            yield from (option, value)
