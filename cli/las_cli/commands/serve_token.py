"""``las-solve serve token``: who may ask the service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from las_cli.options import FileType, format_option, logging_options
from las_cli.render.json import print_json
from las_cli.render.terminal import printable

__all__ = ["token", "tokens_path"]


def tokens_path(named: Path | None) -> Path:
    """The file of tokens: the one `named`, else that in the user's directory for settings."""
    if named is not None:
        return named
    from las_cli.key_options import settings_path
    from las_cli.serve.tokens import FILE_NAME

    return settings_path(FILE_NAME)


_file_option = click.option(
    "--file",
    "--tokens",
    "file",
    type=FileType(),
    metavar="FILE",
    envvar="LAS_SOLVE_TOKENS",
    show_envvar=True,
    help="The file of tokens, in place of tokens.json in this user's settings.",
)


@click.group(short_help="Say who may ask the service.")
@logging_options
def token() -> None:
    """The tokens that `las-solve serve` accepts, for addresses that others reach.

    Of a token only its SHA-256 is kept: whoever reads the file cannot use it.

    \b
    Examples:
      las-solve serve token add monitoring --scope read
      las-solve serve token list
      las-solve serve token revoke monitoring
    """


@token.command("add", short_help="Make a token, and show it once.")
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    type=click.Choice(["read", "write"]),
    default="read",
    show_default=True,
    help="What it may do: ask; or also record states, plans and pins.",
)
@click.option(
    "--days", type=click.IntRange(min=1, max=36500), metavar="N", help="Let it count for N days; without it, for ever."
)
@_file_option
@format_option("text", "json")
@logging_options
def add(*, name: str, scope: Any, days: int | None, file: Path | None, output_format: str) -> None:
    """Make a token called NAME, and print it: it is shown this once, and kept nowhere.

    A service that runs knows it within a second.

    \b
    Examples:
      las-solve serve token add laptop
      las-solve serve token add deployment --scope write --days 90
    """
    from las_cli.serve.tokens import Token, change_tokens, make_token
    from las_solver.errors import InvalidInput

    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    text, made = make_token(name, scope, expires=expires)

    def adding(known: tuple[Token, ...]) -> tuple[Token, ...]:
        if any(one.name == name for one in known):
            hint = f"choose another name, or revoke it first: las-solve serve token revoke {name}"
            raise InvalidInput(f"there is a token called {name} already", hint=hint)
        return (*known, made)

    change_tokens(tokens_path(file), adding)
    if output_format == "json":
        print_json({"token": text, "name": made.name, "scope": made.scope, "expires": made.expires})
        return
    click.echo(text)
    until = "" if made.expires is None else f" until {made.expires}"
    click.echo(f"This is the only time that {name} is shown; it may {made.scope}{until}.", err=True)


@token.command("list", short_help="List the tokens.")
@_file_option
@format_option("text", "json")
@logging_options
def list_tokens(*, file: Path | None, output_format: str) -> None:
    """List the names of the tokens, what they may do, and until when.

    \b
    Examples:
      las-solve serve token list
      las-solve serve token list --format json
    """
    from las_cli.serve.tokens import read_tokens

    now = datetime.now(UTC)
    known = read_tokens(tokens_path(file))
    if output_format == "json":
        print_json(
            {
                "tokens": [
                    {
                        "name": one.name,
                        "scope": one.scope,
                        "created": one.created,
                        "expires": one.expires,
                        "expired": one.is_expired(now),
                    }
                    for one in known
                ]
            }
        )
        return
    for one in known:
        until = "for ever" if one.expires is None else f"until {one.expires}"
        click.echo(printable(f"{one.name}  {one.scope}  {until}{' (over)' if one.is_expired(now) else ''}"))
    if not known:
        click.echo("there is no token yet; las-solve serve token add NAME makes one", err=True)


@token.command("revoke", short_help="Let a token count no more.")
@click.argument("name", metavar="NAME")
@_file_option
@logging_options
def revoke(*, name: str, file: Path | None) -> None:
    """Remove the token called NAME: a service that runs refuses it within a second.

    \b
    Examples:
      las-solve serve token revoke laptop
    """
    from las_cli.render.phrases import did_you_mean
    from las_cli.serve.tokens import Token, change_tokens
    from las_solver.errors import InvalidInput

    def without(known: tuple[Token, ...]) -> tuple[Token, ...]:
        names = [one.name for one in known]
        if name not in names:
            hint = did_you_mean(name, names) or "las-solve serve token list shows all"
            raise InvalidInput(f"there is no token called {name!r}", hint=hint)
        return tuple(one for one in known if one.name != name)

    change_tokens(tokens_path(file), without)
    click.echo(printable(f"revoked: {name}"))
