"""The bodies of requests: the options of the commands as fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from las_cli.serve.profile_schema import LONGER_VERSION, NAME, PROFILE, SIZE, VERSION
from las_solver.constraint import Constraint, check_name, parse_version
from las_solver.constraint import Requirement as SolverRequirement
from las_solver.errors import InvalidInput

__all__ = ["ApplyBody", "DiagnoseBody", "NeedsBody", "PinBody", "PlanBody", "QuestionBody", "TransitionBody", "WhyBody"]

_SPECIFIER: Final = rf"((==|!=|<=|>=|<|>)?{VERSION}|~={LONGER_VERSION})"
_CONSTRAINT: Final = rf"{_SPECIFIER}(,{_SPECIFIER}){{0,9}}"
"""The usual spellings, for the schema: what is right beyond them is for the parsers to say, which give hints."""

_MOST: Final = 1000
"""The most entries of a list, and of a text the most characters."""


@dataclass(frozen=True, slots=True)
class _Text:
    """Of a text: `parse` accepts it, and `pattern` says to clients how it is usually spelled. It stays as it is."""

    parse: Callable[[str], object]
    pattern: str
    description: str
    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """How pydantic checks it."""
        text = core_schema.str_schema(strict=True, max_length=_MOST)
        return core_schema.no_info_after_validator_function(self._checked, text)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """How the description of the service has it."""
        return {
            "type": "string",
            "pattern": f"^{self.pattern}$",
            "maxLength": _MOST,
            "description": self.description,
            "examples": [self.example],
        }

    def _checked(self, text: str) -> str:
        try:
            self.parse(text)
        except InvalidInput as error:
            context = {"message": error.message, "hint": error.hint}
            raise PydanticCustomError("las_solve", "{message}", context) from None
        return text


def _check_fact(text: str) -> None:
    if not text.partition("=")[1]:
        raise InvalidInput("no value follows the fact", hint="write it like cores=16")


_FACTS: Final = (
    rf"(cores=[1-9][0-9]{{0,3}}|ram={SIZE}|gpus={SIZE}(,{SIZE}){{0,7}}|"
    rf"runtime\.{NAME}={VERSION}|modes=[a-z]{{1,20}})"
)
Requirement = Annotated[
    str,
    _Text(
        SolverRequirement.parse,
        f"{NAME}(@{_CONSTRAINT})?",
        "A module, or a module and the versions of it: MODULE or MODULE@CONSTRAINT, by PEP 440.",
        "open-webui@>=0.6,<1",
    ),
]
Name = Annotated[str, _Text(check_name, NAME, "The name of a module.", "ollama")]
Version = Annotated[str, _Text(parse_version, VERSION, "A version, by PEP 440.", "1.5")]
Specifiers = Annotated[str, _Text(Constraint.parse, _CONSTRAINT, "A specifier set, by PEP 440.", ">=0.6,<1")]
Fact = Annotated[
    str, _Text(_check_fact, _FACTS, "One fact about the machine, as `las-solve plan --assume` takes it.", "ram=64GB")
]
Mode = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="A mode of running.", examples=["container"]),
]
Reason = Annotated[
    str, Field(max_length=_MOST, description="Why, to stand in the history.", examples=["the driver is new"])
]

_HOST_NAME: Final = {
    "type": "string",
    "pattern": "^[a-z0-9][a-z0-9._-]{0,99}$",
    "description": "The name of an example host (GET /v1/hosts).",
    "examples": ["gpu-24gb"],
}


def _check_kind(host: object) -> object:
    if host is None or isinstance(host, str | dict):
        return host
    raise PydanticCustomError("las_solve", "Input should be the name of an example host, or a profile")


Host = Annotated[
    str | dict[str, Any] | None,
    BeforeValidator(_check_kind),
    WithJsonSchema({"anyOf": [_HOST_NAME, PROFILE, {"type": "null"}]}),
]


class _Body(BaseModel):
    """An object with these keys alone, each with a value of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class QuestionBody(_Body):
    """What the options of every question say."""

    modules: list[Requirement] = Field(min_length=1, max_length=_MOST, description="What is asked for, in order.")
    prereleases: bool = Field(False, description="Allow pre-releases of every module.")
    modes: list[Mode] = Field([], max_length=_MOST, description="The only modes that are allowed; empty: all are.")
    forced_modes: dict[Name, Mode] = Field(
        {},
        max_length=_MOST,
        description="The modes that modules are forced into.",
        json_schema_extra={"propertyNames": {"pattern": f"^{NAME}$"}},
    )
    prefer: list[Name] = Field([], max_length=_MOST, description="Providers of interfaces to take first, best first.")
    exclude: list[Requirement] = Field([], max_length=_MOST, description="What is never chosen.")
    host: Host = Field(
        None, description="The machine: an example host by its name, or a profile; by default this machine."
    )
    assume: list[Fact] = Field([], max_length=100, description="Facts in place of what is known of the machine.")
    timeout: float = Field(
        60.0, gt=0, le=86400, description="Seconds for planning, as far as the service allows; reasons have their own."
    )

    def parameters(self) -> dict[str, Any]:
        """What stands in a job, with the defaults of all that this question does not know."""
        defaults = {"store": False, "allow_removal": False, "allow_removal_of": [], "together": False}
        return {**defaults, **self.model_dump(exclude={"host", "assume"})}


class _OverInstalled(QuestionBody):
    """What is said of what is installed."""

    strategy: Literal["newest", "lowest", "keep"] = Field(
        "newest", description="Which of the valid answers to take; keep changes the least of what is installed."
    )
    store: bool | None = Field(
        None,
        description="Whether what is installed counts; by default it does unless host names another machine.",
    )
    allow_removal: bool = Field(False, description="Allow to remove what is installed, as little as possible.")
    allow_removal_of: list[Name] = Field([], max_length=_MOST, description="What may be removed.")
    together: bool = Field(False, description="All modules run at the same time, so that their memory adds up.")


class PlanBody(_OverInstalled):
    """As `las-solve plan` takes it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"modules": ["open-webui"], "host": "gpu-24gb", "store": False}]}
    )


class DiagnoseBody(_OverInstalled):
    """As `las-solve diagnose` takes it."""

    smallest: bool = Field(False, description="Look for the fewest statements that contradict each other.")
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"modules": ["vllm"], "host": "gpu-8gb", "smallest": True}]}
    )


class WhyBody(_OverInstalled):
    """As `las-solve why` takes it."""

    module: Requirement = Field(description="What the question is about: a module, or versions of it.")
    modules: list[Requirement] = Field(
        [], max_length=_MOST, description="What the plan is for; empty: what is installed, as it is."
    )
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"module": "python@>=3.14", "modules": ["open-webui"], "host": "gpu-24gb"}]}
    )


class NeedsBody(QuestionBody):
    """As `las-solve needs` takes it."""

    strategy: Literal["newest", "lowest"] = Field("newest", description="Which of the valid answers to take.")
    newest: bool = Field(False, description="Only with every module at the newest final version that is asked for.")
    model_config = ConfigDict(json_schema_extra={"examples": [{"modules": ["vllm"], "newest": True}]})


class TransitionBody(_Body):
    """A state that a module is to come to."""

    to: Literal["resolved", "installed", "running", "stopped", "failed", "deprecated"] = Field(
        description="The state to be recorded."
    )
    version: Version | None = Field(None, description="Of which version; by default the one for which it is allowed.")
    reason: Reason = ""
    requested: bool | None = Field(None, description="Whether somebody asked for the module; null: as it was.")
    dry_run: bool = Field(False, description="Only say what would be recorded.")
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "resolved", "version": "1.5", "reason": "by hand"}]}
    )


class PinBody(_Body):
    """A pin of a module."""

    constraint: Specifiers | None = Field(None, description="What it admits; null: the installed version alone.")
    dry_run: bool = Field(False, description="Only say what would be recorded.")
    model_config = ConfigDict(json_schema_extra={"examples": [{"constraint": ">=0.6,<1"}]})


class ApplyBody(_Body):
    """A plan to be recorded."""

    plan: dict[str, Any] = Field(
        description="A plan as POST /v1/plan, or `las-solve plan --format json`, gives it.",
        json_schema_extra={"required": ["status"], "properties": {"status": {"const": "resolved"}}},
    )
    installed: bool = Field(False, description="Record as well that it was carried out.")
    dry_run: bool = Field(False, description="Only say what would be recorded.")
