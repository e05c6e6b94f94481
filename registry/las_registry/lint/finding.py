"""What linting finds: where, what, how bad it is, and what could be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from las_registry.problem import FieldPath

__all__ = ["Finding", "Fix", "FixKind", "Place", "Severity"]


class Severity(StrEnum):
    """How bad a finding is, the worst first: an error breaks the registry for somebody, a warning probably does, a note
    is for reading."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for a note."""
        return tuple(Severity).index(self)


class FixKind(StrEnum):
    """What can be done without asking anybody.

    `SEAL`: write the checksum, which is missing. `RESEAL`: replace the checksum, which is of other content.
    `LOWER_CASE`: write the hexadecimal digits of the checksum in lower case. `DROP_ITEM`: drop the item of a list.
    """

    SEAL = "seal"
    RESEAL = "reseal"
    LOWER_CASE = "lower-case"
    DROP_ITEM = "drop-item"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A mechanical change of one manifest: the `document` of the file, counted from 0 as :class:`Document` counts, and
    the `path` of what changes in it; nulls count in the positions of lists."""

    kind: FixKind
    document: int
    path: FieldPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Another place that has to do with a finding, and what stands there."""

    file: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that linting found.

    `file` is a path as :class:`las_registry.problem.Problem` has it; `line` counts from 1, None where there is none;
    `field` is a path like ``dependencies.modules[2]``, empty for a whole manifest or file; `module` and `version` are
    what the manifest is of, as far as that can be read. The texts may hold what files say and are not fit to be printed
    raw.
    """

    code: str
    severity: Severity
    file: str
    line: int | None = None
    field: str = ""
    module: str | None = None
    version: str | None = None
    message: str
    hint: str | None = None
    fix: Fix | None = None
    related: tuple[Place, ...] = ()

    @property
    def order(self) -> tuple[str, int, str, str, str]:
        """What findings are sorted by: the file, the line, the code, the field and the message."""
        return self.file, self.line or 0, self.code, self.field, self.message
