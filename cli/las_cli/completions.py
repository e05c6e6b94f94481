"""What the shell offers for options and arguments that have no type of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

__all__ = ["complete_code", "complete_hosts", "complete_key"]


def complete_code(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The codes of linting, also after others and commas."""
    from las_registry.lint.codes import CODES

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + code for code in CODES if code.startswith(last.upper())]


def complete_hosts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Directories, and what stands for the example hosts."""
    from click.shell_completion import CompletionItem

    names = [CompletionItem("catalog")] if "catalog".startswith(incomplete) else []
    return [CompletionItem(incomplete, type="dir"), *names]


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the keys that are trusted or revoked, with their comments."""
    from click.shell_completion import CompletionItem

    from las_cli.render.terminal import printable
    from las_registry.trust.user_trust import UserTrust
    from las_solver.errors import LasSolveError

    try:
        keys = UserTrust.read().keys
    except LasSolveError:  # a shell has no place for an error: it offers nothing
        return []
    if keys is None:
        return []
    told = {one.id: one.comment for one in keys.keys.values()} | {one.id: "revoked" for one in keys.revoked.values()}
    return [CompletionItem(one, help=printable(told[one])) for one in sorted(told) if one.startswith(incomplete)]
