"""What a planner answers: a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import Version

from las_solver.lazy_dataclass import dataclass
from las_solver.model import Request

if TYPE_CHECKING:
    from las_solver.admission import Admission
    from las_solver.statement import Statement

__all__ = ["Invalid", "Plan", "Step"]


@dataclass(frozen=True, slots=True)
class Invalid:
    """An installed module that is not valid on this host, together with the others that are installed."""

    module: str
    version: Version
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The module as plain values, ready for JSON (docs/documents.md)."""
        return {"module": self.module, "version": str(self.version), "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One module of a plan (contract, section 6).

    `requires` and `required_by` are names of other steps, in the order of the code points. `newest` is the newest final
    version of the registry (the newest at all if none is final). `versions_behind` counts the eligible versions that
    are newer than `version`. `held_back_by` rules out every version newer than `version`, and would not without any one
    of its statements; it is empty where `version` is no older than `newest`, and where a plan is not `explained`.
    `action` is ``install``, ``upgrade``, ``downgrade``, ``keep`` or ``remove``, compared with the `installed` version.
    A step comes `after` further ones that it does not require: those of modules that, as they are installed, still
    need what it takes away. A module that is removed has no `mode`. `admitted_by` is the cheapest single change that
    would admit a newer version, once that was asked for. Of modules that run at the same time, `ram` is what is held of
    the memory, in bytes (None: nothing has to), and `placement` on which cards: the number of a card, from 0 on, and
    the bytes on it.
    """

    module: str
    version: Version
    category: str
    action: str
    mode: str | None
    requires: tuple[str, ...]
    required_by: tuple[str, ...]
    newest: Version
    versions_behind: int
    system_packages: tuple[str, ...]
    source: str
    checksum: str | None
    installed: Version | None = None
    after: tuple[str, ...] = ()
    held_back_by: tuple[Statement, ...] = ()
    admitted_by: Admission | None = None
    ram: int | None = None
    placement: tuple[tuple[int, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The step as plain values, ready for JSON (docs/documents.md)."""
        from las_solver.document import step_document

        return step_document(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The newest valid answer to `request`, in an order in which it can be installed.

    `optimal` is False where a time limit cut the proof short. `system_packages` are those of all steps that the host
    is not known to have, sorted, each once. `explained`: each step that is older than its newest version says why.
    `invalid` are the installed modules that were so already, and were left alone unless a step names them.
    """

    request: Request
    steps: tuple[Step, ...]
    optimal: bool
    system_packages: tuple[str, ...]
    explained: bool = True
    invalid: tuple[Invalid, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values, ready for JSON (docs/documents.md); ``document_schema("plan")`` describes them."""
        from las_solver.document import plan_document

        return plan_document(self)
