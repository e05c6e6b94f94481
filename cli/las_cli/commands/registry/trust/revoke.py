"""``las-solve registry trust revoke``: a key counts no more."""

from __future__ import annotations

import click

from las_cli.completions import complete_key
from las_cli.key_options import reason_option, settings_path
from las_cli.options import logging_options
from las_cli.render.terminal import printable

__all__ = ["revoke"]


@click.command(short_help="Refuse whatever a key signs or signed.")
@click.argument("key", shell_complete=complete_key, metavar="ID")
@reason_option
@logging_options
def revoke(*, key: str, reason: str | None) -> None:
    """Refuse whatever the key ID signs, and whatever it signed before; whoever has it may have signed anything.

    ID is the beginning of the id of a key that is trusted, 8 digits or more, or the whole id of any key.

    \b
    Examples:
      las-solve registry trust revoke 1f2e3d4c --reason 'the laptop was stolen'
    """
    from las_registry.trust.signature import is_key_id
    from las_registry.trust.trusted_keys import KEYS_NAME, RevokedKey, TrustedKeys, change_trusted_keys

    revoked: list[RevokedKey] = []

    def revoking(keys: TrustedKeys) -> TrustedKeys:
        its_id = key if is_key_id(key) else keys.find(key)
        known = keys.revoked.get(its_id)
        kept = known.reason if known is not None and reason is None else reason or ""
        revoked.append(RevokedKey(its_id, kept))
        return keys.with_revoked(revoked[-1])

    change_trusted_keys(settings_path(KEYS_NAME), revoking)
    why = revoked[-1].reason
    click.echo(printable(f"revoked: {revoked[-1].id}" + (f"  {why}" if why else "")))
