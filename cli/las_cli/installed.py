"""What is installed on the machine that a plan is for, as its store says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from las_cli.logging import logger
from las_cli.machine import find_profile
from las_cli.store_option import find_store, is_anything_at

if TYPE_CHECKING:
    from las_registry.lifecycle.reading import StoreContent
    from las_solver.constraint import Requirement
    from las_solver.model import Host

__all__ = ["digest_of", "is_typed", "meant_store", "pins_of", "read_installed", "with_installed"]


def meant_store(store: Path | None, *, no_store: bool, profile: str | None) -> Path | None:
    """The store that the running command looks at; None where it is to be as if nothing were installed.

    That is the store that is named by an option or the environment; else this user's, unless `profile` stands on the
    command line and names another machine than this one. Raises a usage error where a store is named and refused.
    """
    if no_store:
        if is_typed("store"):
            raise click.UsageError("--store and --no-store cannot be given together.")
        return None
    if store is None and profile is not None and is_typed("profile") and find_profile(profile) is not None:
        logger().info("nothing counts as installed: the profile is of another machine", profile=profile)
        return None
    return find_store(store)


def read_installed(store: Path | None) -> StoreContent | None:
    """What the store at `store` says; None where there is none. Raises :class:`StoreUnusable`."""
    if store is None:
        return None
    if not is_anything_at(store):  # most users have none: they need not wait for SQLite
        logger().info("there is no store: nothing is installed", path=str(store))
        return None
    from las_registry.lifecycle.reading import read_store

    content = read_store(store)
    if content is not None:
        counts = {"installed": len(content.installed), "deprecated": len(content.deprecated), "pins": len(content.pins)}
        logger().info("read the store of what is installed", path=str(store), **counts)
    return content


def with_installed(host: Host, content: StoreContent | None) -> Host:
    """`host` with what `content` says is installed there."""
    if content is None:
        return host
    return replace(host, installed=content.installed, deprecated=content.deprecated)


def pins_of(content: StoreContent | None) -> tuple[Requirement, ...]:
    """The pins of the machine's owner, in an order of their own."""
    return () if content is None else tuple(sorted(content.pins, key=str))


def digest_of(content: StoreContent | None) -> str | None:
    """The digest of what planning depends on; None where that is nothing, with or without a store."""
    if content is None or not (content.installed or content.deprecated or content.pins):
        return None
    return content.digest


def is_typed(parameter: str) -> bool:
    """Whether the option stands on the command line, not in the environment."""
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.COMMANDLINE
