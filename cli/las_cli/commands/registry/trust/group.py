"""``las-solve registry trust``: the keys that count."""

from __future__ import annotations

from typing import Final

import click

from las_cli.group import Entry, LazyGroup
from las_cli.options import logging_options

__all__ = ["trust"]

_COMMANDS: Final = {
    "add": Entry(f"{__package__}.add", "add", "Trust a key."),
    "forget-list": Entry(f"{__package__}.forget_list", "forget_list", "Forget which list of a registry was seen."),
    "list": Entry(f"{__package__}.list", "list_keys", "List the keys that are trusted or revoked."),
    "remove": Entry(f"{__package__}.remove", "remove", "Forget a key, or that it is revoked."),
    "revoke": Entry(f"{__package__}.revoke", "revoke", "Refuse whatever a key signs or signed."),
}


@click.group(cls=LazyGroup, entries=_COMMANDS, short_help="Say which keys count.")
@logging_options
def trust() -> None:
    """The keys that you trust, and those that are revoked.

    For which registries and names a key counts is for registries.yaml to say; by default, for all.

    \b
    Examples:
      las-solve registry trust add ada.key.pub
      las-solve registry trust list
      las-solve registry trust revoke 1f2e3d4c --reason 'the laptop was stolen'
      las-solve registry trust remove 1f2e3d4c
    """
