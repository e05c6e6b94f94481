"""``las-solve why``: whole texts, JSON, and exit statuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import RunCli
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files
from stored import apply_plan

Why = Callable[..., Result]

PROVIDERS = {name: manifest_text(name, "1.0", "interfaces:\n  provides: [chat]\n") for name in ("alpha", "beta")}


@pytest.fixture
def why(run_cli: RunCli, registry: Path, profile: Path) -> Why:
    """``las-solve why`` on the small registry, with a module that has a choice of providers."""
    write_files(
        registry,
        {
            **{f"{name}/manifest.yaml": text for name, text in PROVIDERS.items()},
            "site/manifest.yaml": manifest_text(
                "site", "1.0", "dependencies:\n  modules: [app]\ninterfaces:\n  consumes: [chat]\n"
            ),
        },
    )
    return lambda *arguments, **environment: run_cli(
        "why", "--registry", str(registry), "--profile", str(profile), *arguments, **environment
    )


def _text(result: Result) -> list[str]:
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_a_module_of_the_plan(why: Why) -> None:
    assert _text(why("library@<2", "--for", "site", COLUMNS="100")) == [
        "library 1.5 is in the plan for site on the machine of machine.yaml, because",
        "  you asked for site",
        "    site 1.0 needs app  site/manifest.yaml: dependencies.modules[0]",
        "        app 2.1 needs library <2  app/manifest.yaml: dependencies.modules[0]",
        "",
        "2.0 is the newest version; this one is 1 behind, because",
        "  app 2.1 was chosen before",
        "  app 2.1 needs library <2  app/manifest.yaml: dependencies.modules[0]",
        "",
        "  WHO SAYS  CONSTRAINT  ADMITS UP TO  WHERE",
        "  app       <2          1.5           app/manifest.yaml: dependencies.modules[0]",
    ]


def test_a_provider_of_the_plan_and_a_narrow_terminal(why: Why) -> None:
    assert _text(why("alpha", "--for", "site", "--for", "app@>=2", COLUMNS="60")) == [
        "alpha 1.0 is in the plan for site and app >=2 on the machine",
        "of machine.yaml, because",
        "  you asked for site",
        "    site 1.0 consumes chat, which alpha provides, the first",
        "      by name of 2 modules that could",
        "      site/manifest.yaml: interfaces.consumes[0]",
        "",
        "1.0 is the newest version.",
    ]


def test_a_module_that_was_not_chosen_and_how_to_have_it(why: Why, registry: Path, profile: Path) -> None:
    given = f"--registry {registry} --profile {profile}"
    assert _text(why("beta", "--for", "site", "--mode", "native")) == [
        "beta is not in the plan for site on the machine of machine.yaml, but beta 1.0 could be",
        "  - site consumes chat, and alpha comes first of what could provide it, by name",
        "",
        "  MODULE  IN THE PLAN  WITH beta",
        "  alpha   1.0          -",
        "  beta    -            1.0",
        "",
        "To have it provide what is needed:",
        f"  las-solve plan site {given} --mode native --prefer beta",
        "To ask for it:",
        f"  las-solve plan site beta {given} --mode native",
    ]


def test_a_version_that_was_not_chosen(why: Why, registry: Path, profile: Path) -> None:
    assert _text(why("library@<1.5", "--for", "app")) == [
        "library 1.0 could be in the plan for app on the machine of machine.yaml, which has library 1.5",
        "  - of the versions of library that are possible, a plan takes the newest",
        "",
        "  MODULE   IN THE PLAN  WITH library <1.5",
        "  library  1.5          1.0",
        "",
        "To ask for it:",
        f"  las-solve plan app 'library@<1.5' --registry {registry} --profile {profile}",
    ]


def test_the_middle_of_a_long_chain_is_left_out(why: Why, registry: Path) -> None:
    needs = {f"m{at}": f"dependencies:\n  modules: [m{at + 1}]\n" for at in range(200)}
    texts = [manifest_text(name, "1", rest) for name, rest in {**needs, "m200": ""}.items()]
    write_files(registry, {"chain.manifest.yaml": "---\n".join(texts)})
    lines = _text(why("m200", "--for", "m0", COLUMNS="90"))
    assert [line.strip().partition("  ")[0] for line in lines[1:-2]] == [
        "you asked for m0",
        *(f"m{at} 1 needs m{at + 1}" for at in range(5)),
        "... and so on, 190 links",
        *(f"m{at} 1 needs m{at + 1}" for at in range(195, 200)),
    ]


def test_what_nothing_needs(why: Why) -> None:
    assert "  - nothing in the plan needs alpha, or an interface that only alpha provides" in _text(
        why("alpha", "--for", "app")
    )


def test_what_is_there_because_it_is_installed(machine: RunCli) -> None:
    apply_plan(machine, "app")
    assert machine("why", "app", "--for", "library").stdout.startswith(
        "app 2.1 is in the plan for library on the machine of machine.yaml, because\n"
        "  app is installed\n"
        "  las-solve state show app says whether anything needs it.\n"
    )


def test_a_version_that_is_impossible(why: Why) -> None:
    assert _text(why("library@2", "--for", "app")) == [
        "library ==2 cannot be in a plan for app on the machine of machine.yaml, because",
        "  you asked about library ==2",
        "  app 2.1 needs library <2",
        "    app/manifest.yaml: dependencies.modules[0]",
        "",
        "The plan has library 1.5.",
    ]


def test_a_module_that_fits_no_plan_at_all(why: Why) -> None:
    assert _text(why("heavy", "--for", "app")) == [
        "heavy cannot be in any plan on the machine of machine.yaml, because",
        "  heavy 1.0 needs 24 GB of GPU memory, and this host has no GPU",
        "    heavy/manifest.yaml: hardware.gpu.vram_min",
    ]


def test_a_replay_file_gives_the_same_answer_without_commands(why: Why, run_cli: RunCli, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved.yaml")
    first = _text(why("beta", "--for", "site", "--save-replay", saved))
    again = _text(run_cli("why", "beta", "--replay", saved))
    assert again[1:] == first[1 : first.index("To have it provide what is needed:") - 1]
    assert run_cli("why", "beta", "--replay", saved, "--for", "site").exit_code == 2


def test_a_request_without_a_plan_is_1(why: Why) -> None:
    result = why("library", "--for", "heavy")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("No plan for heavy on the machine of machine.yaml.\n")


def test_the_answer_as_json(why: Why) -> None:
    document = json.loads(why("library", "--for", "app@>=2", "--format", "json").stdout)
    assert {key: document[key] for key in ("status", "question", "request", "module", "version", "more_chains")} == {
        "status": "present",
        "question": "library",
        "request": ["app@>=2"],
        "module": "library",
        "version": "1.5",
        "more_chains": 0,
    }
    assert document["chains"][0][0]["reasons"] == [
        {
            "kind": "dependency",
            "text": "app 2.1 needs library <2",
            "source": "app/manifest.yaml: dependencies.modules[0]",
            "requirement": "library@<2",
        }
    ]
    assert document["host"]["cpu"] == {"cores": 16}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["libary", "--for", "app"], "error: there is no module 'libary'\nhint: did you mean library?\n"),
        (["chat", "--for", "app"], "error: chat is an interface, not a module"),
        (["library@", "--for", "app"], "error: nothing follows the '@' of 'library@'"),
        (["library"], "Missing option '--for'"),
        (["library", "app", "--for", "app"], "Got unexpected extra argument (app)"),
    ],
)
def test_wrong_usage_is_2(why: Why, arguments: list[str], message: str) -> None:
    result = why(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["library", "--for", "site"], "present"),
        (["alpha", "--for", "site"], "present"),
        (["beta", "--for", "site"], "possible"),
        (["library@<1.5", "--for", "site"], "possible"),
        (["library@3rc1", "--for", "app@>=2"], "impossible"),
        (["library", "--for", "heavy"], "conflict"),
        (["library@", "--for", "site"], "error"),
    ],
)
def test_answers_are_as_the_schema_says(why: Why, run_cli: RunCli, arguments: list[str], status: str) -> None:
    schema = json.loads(run_cli("schema", "why").stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    document = json.loads(why(*arguments, "--format", "json").stdout)
    assert document["status"] == status
    validator.validate(document)
    if status in ("present", "possible", "impossible"):
        for key in sorted(document.keys() - {"host"}):
            assert not validator.is_valid({other: value for other, value in document.items() if other != key})


def test_no_time_is_4(why: Why) -> None:
    assert why("library", "--for", "app", "--timeout", "1e-9").exit_code == 4
