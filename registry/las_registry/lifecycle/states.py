"""The states of a module at a version, and which may follow which (contract, section 9; docs/lifecycle.md).

This is the only table of transitions: the documentation, the store and the tests go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["ALLOWED", "ALWAYS_INSTALLED", "State", "is_allowed"]


class State(StrEnum):
    """The states of a module at a version."""

    AVAILABLE = "available"
    RESOLVED = "resolved"
    INSTALLED = "installed"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DEPRECATED = "deprecated"


_NEXT: Final[Mapping[State, frozenset[State]]] = {
    State.AVAILABLE: frozenset({State.RESOLVED}),
    State.RESOLVED: frozenset({State.INSTALLED}),
    State.INSTALLED: frozenset({State.RUNNING, State.STOPPED}),
    State.RUNNING: frozenset({State.STOPPED}),
    State.STOPPED: frozenset({State.RUNNING}),
    State.FAILED: frozenset({State.RESOLVED}),
    State.DEPRECATED: frozenset(),
}

_FROM_ANY: Final = frozenset({State.FAILED, State.DEPRECATED})

ALLOWED: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {state: (following | _FROM_ANY) - {state} for state, following in _NEXT.items()}
)
"""The states that may follow each state. To stay is no transition."""

ALWAYS_INSTALLED: Final = frozenset({State.INSTALLED, State.RUNNING, State.STOPPED})
"""The states that only an installed version has; a failed or deprecated one may be installed, too."""


def is_allowed(now: State, to: State) -> bool:
    """Whether a module may go from the state `now` to the state `to`."""
    return to in ALLOWED[now]
