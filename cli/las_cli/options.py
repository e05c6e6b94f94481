"""Options that several commands share, so that they look and mean the same everywhere.

Each is a decorator for a click command; the name of the argument that it passes stands in its docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from las_cli.logging import Logger

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = [
    "FileType",
    "ModuleType",
    "ProfileType",
    "assume_option",
    "format_option",
    "logging_options",
    "profile_option",
    "registry_directory",
    "registry_option",
    "strict_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])
_CATALOG: Final = "catalog"


class FileType(click.Path):
    """A file; whether it can be read is for its reader to say, in the words of all others."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":  # as a path, the working directory
            self.fail("the name of a file is empty.", param, ctx)
        return super().convert(value, param, ctx)


class DirectoryType(click.Path):
    """A directory; an environment variable holds several like ``PATH`` does, and empty ones are left out.

    Whether it exists is for the registry to say, with its own exit status.
    """

    name = "directory"

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name of a directory is empty.", param, ctx)
        return super().convert(value, param, ctx)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [part for part in super().split_envvar_value(rv) if part]


class RegistryType(DirectoryType):
    """A directory as :func:`registry_directory` has it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        return registry_directory(value) if isinstance(value, str) else found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [CompletionItem(_CATALOG)] if _CATALOG.startswith(incomplete) else []
        return [*super().shell_complete(ctx, param, incomplete), *names]


def registry_directory(text: str) -> Path:
    """The directory that people call `text`: a path, or ``catalog`` for the bundled catalog."""
    if text != _CATALOG:
        return Path(text)
    from las_registry.registry import default_directories

    return default_directories()[0]


class ProfileType(click.ParamType[str]):
    """A profile file or the name of an example host; which of them it is, is for its reader to say."""

    name = "profile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name of a profile is empty.", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from las_cli.machine import DETECT
        from las_registry.host.examples import example_names

        names = [CompletionItem(name) for name in (*example_names(), DETECT) if name.startswith(incomplete)]
        return [CompletionItem(incomplete, type="file"), *names]  # click's bash script drops what stands before files


class ModuleType(click.ParamType[str]):
    """A module, optionally with a constraint; the shell completes names of the registry."""

    name = "module"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from las_cli.inputs import load_registry

        try:
            names = load_registry(ctx.params.get("registries") or (), warn=False).names()
        except Exception:  # a shell has no place for an error: it offers nothing
            return []
        return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def registry_option(command: Command) -> Command:
    """Passes `registries`: a tuple of paths, empty for the bundled catalog."""
    return click.option(
        "--registry",
        "registries",
        multiple=True,
        type=RegistryType(),
        metavar="DIR|catalog",
        envvar="LAS_SOLVE_REGISTRY",
        show_envvar=True,
        help="A directory of manifests in place of the bundled catalog, which is `catalog`. Repeatable: the first one "
        "that has a module's name is the only source for it.",
    )(command)


def profile_option(command: Command) -> Command:
    """Passes `profile`: what :func:`las_cli.machine.read_host` takes, None where none is named."""
    return click.option(
        "--profile",
        type=ProfileType(),
        metavar="FILE|NAME",
        envvar="LAS_SOLVE_PROFILE",
        show_envvar=True,
        help="The machine: a file that describes it, an example host of `las-solve host list`, or `detect` for the "
        "machine that this runs on. By default the profile of `las-solve host save`, else `detect`.",
    )(command)


def assume_option(command: Command) -> Command:
    """Passes `assumptions`: a tuple of texts ``FACT=VALUE``."""
    return click.option(
        "--assume",
        "assumptions",
        multiple=True,
        metavar="FACT=VALUE",
        help="Replace one fact about the machine: cores=16, ram=64GB, gpus=24GB,24GB, runtime.cuda=12.4. Repeatable.",
    )(command)


def strict_option(command: Command) -> Command:
    """Passes `strict`."""
    return click.option(
        "--strict",
        is_flag=True,
        help="Fail if the registry has a manifest that had to be rejected, in place of a warning.",
    )(command)


def format_option(*formats: str, help: str = "How to print the result.") -> Callable[[Command], Command]:
    """Passes `output_format`: one of `formats`, by default the first."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help=help,
    )


def logging_options(command: Command) -> Command:
    """``-v`` and ``--log-format``, before or after the command's name; passes nothing."""
    command = click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        expose_value=False,
        callback=_set_log_format,
        help="How to log; json also for warnings.",
    )(command)
    return click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_raise_verbosity,
        help="Log what happens to standard error; -vv logs more.",
    )(command)


def _set_log_format(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        Logger.of(ctx).form = value


def _raise_verbosity(ctx: click.Context, parameter: click.Parameter, value: int) -> None:
    Logger.of(ctx).verbosity += value
