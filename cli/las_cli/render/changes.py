"""What a plan changes on a machine that has modules already, in the words of texts and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from las_cli.render.phrases import counted

__all__ = ["ACTIONS", "NOTHING", "best", "changes", "is_shown", "stay", "still_invalid", "version_words"]

ACTIONS: Final = ("install", "upgrade", "downgrade", "remove")
"""The actions that change something, in the order in which they are counted."""

NOTHING: Final = "-"
"""What a table has for a module that is removed, where there is nothing to say."""


def is_shown(module: str, action: str, asked: Collection[str], *, strategy: str, at_newest: bool) -> bool:
    """Whether a step is shown to people: what merely stays is counted, unless it was asked for.

    Where newer versions were asked for, there is nothing to say of what is at its newest.
    """
    return action != "keep" or (module in asked and not (strategy == "upgrade" and at_newest))


def changes(actions: Iterable[str]) -> str:
    """How much is to be done: ``2 to install, 1 to upgrade``; empty where nothing is."""
    counts = Counter(actions)
    return ", ".join(f"{counts[action]:,} to {action}" for action in ACTIONS if counts[action])


def stay(count: int, *, among_others: bool) -> str:
    """That `count` modules are left as they are; `among_others`: not all of those that are."""
    other = "other " if among_others else ""
    verb = "stays as it is" if count == 1 else "stay as they are"
    return f"{counted(count, f'{other}installed module')} {verb}"


def version_words(action: str, version: object, installed: object) -> str:
    """The version of a step, after the installed one where that is another: ``1.0 -> 2.0``."""
    return f"{installed} -> {version}" if action in ("upgrade", "downgrade") and installed is not None else str(version)


def best(strategy: str) -> str:
    """What plans under `strategy` are the best in: ``newest``, ``lowest`` or ``least change``."""
    return {"keep": "least change", "upgrade": "newest"}.get(strategy, strategy)


def still_invalid(count: int) -> str:
    """That `count` installed modules do not work on the machine."""
    words = "does not work on this machine, and is" if count == 1 else "do not work on this machine, and are"
    return f"{counted(count, 'installed module')} {words} left alone"
