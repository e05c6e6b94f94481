"""``las-solve registry trust remove``: nothing is said of a key any more."""

from __future__ import annotations

import click

from las_cli.completions import complete_key
from las_cli.key_options import settings_path
from las_cli.options import logging_options

__all__ = ["remove"]


@click.command(short_help="Forget a key, or that it is revoked.")
@click.argument("key", shell_complete=complete_key, metavar="ID")
@logging_options
def remove(*, key: str) -> None:
    """Forget the key ID, trusted or revoked: what it signs counts like what is signed by any unknown key.

    ID is the beginning of its id, 8 digits or more.

    \b
    Examples:
      las-solve registry trust remove 1f2e3d4c
    """
    from las_registry.trust.trusted_keys import KEYS_NAME, TrustedKeys, change_trusted_keys

    said: list[str] = []

    def forgetting(keys: TrustedKeys) -> TrustedKeys:
        its_id = keys.find(key)
        said.append(f"no longer {'revoked' if its_id in keys.revoked else 'trusted'}: {its_id}")
        return keys.without(its_id)

    change_trusted_keys(settings_path(KEYS_NAME), forgetting)
    click.echo(said[-1])
