"""``las-solve needs``: whole texts, JSON, and exit statuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import RunCli
from jsonschema import Draft202012Validator
from manifests import manifest_text, write_files

Needs = Callable[..., Result]


def _model(number: int, *, vram: str, cuda: str) -> str:
    return manifest_text(
        "model", f"{number}.0", f"hardware:\n  gpu:\n    vram_min: {vram}\ndependencies:\n  runtime: ['cuda{cuda}']\n"
    )


@pytest.fixture
def needs(run_cli: RunCli, registry: Path, profile: Path) -> Needs:
    """``las-solve needs`` on the small registry, with a model of three sizes and one for two cards."""
    versions = [
        _model(1, vram="8GB", cuda=">=11"),
        _model(2, vram="16GB", cuda=">=12,<13"),
        _model(3, vram="16GB", cuda=">=13"),
    ]
    both = "hardware:\n  gpu: {vram_min: 40GB, multi_gpu: true}\n  cpu: {cores_min: 8}\n  memory: {ram_min: 32GB}\n"
    write_files(
        registry,
        {"model/manifest.yaml": "---\n".join(versions), "twin/manifest.yaml": manifest_text("twin", "1.0", both)},
    )
    return lambda *arguments, **environment: run_cli(
        "needs", "--registry", str(registry), "--profile", str(profile), *arguments, **environment
    )


def _text(result: Result) -> list[str]:
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_the_smallest_machines_beside_this_one_and_what_upgrades_buy(needs: Needs) -> None:
    found = needs("model", "--assume", "gpus=8GB", "--assume", "runtime.cuda=12.4", COLUMNS="100")
    assert _text(found) == [
        "What model needs of a machine",
        "A machine like this will do, and nothing less, as far as manifests state it: real use may need more.",
        "Modes and interfaces are those of this machine.",
        "",
        "  GPUS  VRAM  RAM      CORES  RUNTIMES   NEWEST PLAN THERE  THIS MACHINE",
        "  1     8 GB  -        -      cuda >=11  model 1.0          will do",
        "  1     8 GB  68.7 GB  16     cuda 12.4  model 1.0          has this",
        "",
        "There is a plan on the machine of machine.yaml with gpus=8GB, runtime.cuda=12.4, with model 1.0.",
        "",
        "What a single change of this machine would buy:",
        "   1. a GPU with 16 GB (now 8 GB)",
        "      model 2.0 in place of 1.0",
        "",
        "Of no use alone: cuda (up to 13)",
    ]


def test_a_machine_that_will_not_do_and_two_cards(needs: Needs) -> None:
    assert _text(needs("model", "twin", "--newest", "--assume", "cores=4", COLUMNS="90")) == [
        "What model ==3.0 and twin ==1.0 need of a machine",
        "A machine like this will do, and nothing less, as far as manifests state it: real use may",
        "need more. Modes and interfaces are those of this machine.",
        "",
        "  GPUS  VRAM   TOGETHER  RAM      CORES  RUNTIMES   THIS MACHINE",
        "  2     16 GB  40 GB     32 GB    8      cuda >=13  lacks cores, GPUs, VRAM, cuda",
        "  -     -      -         68.7 GB  4      -          has this",
        "",
        "There is no plan on the machine of machine.yaml with cores=4.",
        "No single change of this machine would be enough.",
        "",
        "Of no use alone: cuda (up to 13), more CPU cores (up to 8), a GPU (up to 16 GB), a second",
        "GPU, more GPU memory together (up to 40 GB)",
    ]


def test_more_memory_on_two_cards_has_to_buy_more_than_a_second_card(needs: Needs, registry: Path) -> None:
    far = "hardware:\n  gpu: {vram_min: 96GB, multi_gpu: true}\n  cpu: {cores_min: 900}\n"
    write_files(registry, {"twin/more.manifest.yaml": manifest_text("twin", "2.0", far)})
    lines = _text(needs("twin", "--assume", "gpus=24GB", COLUMNS="100"))
    assert "  2     40 GB     32 GB    8      -         twin 1.0           lacks GPUs, VRAM together" in lines
    assert lines[lines.index("What a single change of this machine would buy:") + 1 :] == [
        "   1. a second GPU",
        "      a plan, with twin 1.0",
        "",
        "Of no use alone: more CPU cores (up to 900)",
    ]


def test_what_needs_nothing_is_said_to(needs: Needs) -> None:
    assert _text(needs("app", COLUMNS="100"))[1:] == [
        "Any machine will do, as far as manifests state it: real use may need more. Modes and interfaces are",
        "those of this machine.",
        "",
        "  GPUS  VRAM  RAM      CORES  RUNTIMES  NEWEST PLAN THERE  THIS MACHINE",
        "  -     -     -        -      -         app 2.1            will do",
        "  -     -     68.7 GB  16     -         app 2.1            has this",
        "",
        "There is a plan on the machine of machine.yaml, with app 2.1.",
        "No manifest that matters asks for more than this machine has.",
    ]


def test_what_no_machine_can_have_is_a_conflict(needs: Needs) -> None:
    result = needs("heavy@>=2")
    assert result.exit_code == 1
    assert result.stdout.startswith("No plan for heavy >=2 on any machine")
    assert "no version of heavy meets >=2" in result.stdout
    assert needs("ghost", "--format", "json").exit_code == 1


def test_a_narrow_terminal_keeps_what_counts(needs: Needs) -> None:
    lines = _text(needs("model", COLUMNS="56"))
    assert max(map(len, lines)) <= 56
    assert "  GPUS  VRAM  RUNTIMES   THIS MACHINE" in lines
    assert "  1     8 GB  cuda >=11  lacks GPUs, VRAM, cuda" in lines


@pytest.fixture
def schema(run_cli: RunCli) -> Draft202012Validator:
    """What ``las-solve schema needs`` prints."""
    return Draft202012Validator(json.loads(run_cli("schema", "needs").stdout))


def test_the_json_is_as_its_schema_says(needs: Needs, schema: Draft202012Validator) -> None:
    Draft202012Validator.check_schema(schema.schema)
    result = needs("model", "twin", "--assume", "gpus=24GB,24GB", "--assume", "cores=4", "--format", "json")
    document = json.loads(result.stdout)
    schema.validate(document)
    assert (result.exit_code, document["status"], document["complete"]) == (0, "not-enough", True)
    (minimum,) = document["minimums"]
    assert minimum == {
        "gpus": 2,
        "vram": "8GB",
        "total_vram": "40GB",
        "ram": "32GB",
        "cores": 8,
        "runtimes": [[{"name": "cuda", "version": "11", "constraint": ">=11"}]],
        "lacks": ["cores", "runtime.cuda"],
        "then": [{"module": "model", "version": "1.0"}, {"module": "twin", "version": "1.0"}],
    }
    assert document["have"] == {
        "gpus": 2,
        "vram": "24GB",
        "total_vram": "48GB",
        "ram": "64GiB",
        "cores": 4,
        "runtimes": [{"name": "cuda", "version": None}],
    }
    assert document["then"] is None and document["upgrades"] == []
    assert [one["change"] for one in document["useless"]] == [
        {"kind": "runtime", "name": "cuda", "to": "13"},
        {"kind": "hardware", "fact": "cores", "to": 8},
    ]
    enough = json.loads(
        needs("model", "--assume", "gpus=8GB", "--assume", "runtime.cuda=12", "--format", "json").stdout
    )
    schema.validate(enough)
    assert enough["status"] == "enough"
    assert enough["upgrades"] == [
        {
            "change": {"kind": "hardware", "fact": "vram", "to": "16GB"},
            "text": "a GPU with 16 GB (now 8 GB)",
            "idle": 0,
            "modules": [{"module": "model", "from": "1.0", "to": "2.0"}],
            "then": [{"module": "model", "version": "2.0"}],
        }
    ]
    schema.validate(json.loads(needs("heavy@>=2", "--format", "json").stdout))


def test_ranges_of_one_runtime_are_joined(needs: Needs) -> None:
    document = json.loads(needs("model@>=2", "--format", "json").stdout)
    (minimum,) = document["minimums"]
    assert minimum["runtimes"] == [[{"name": "cuda", "version": "12", "constraint": ">=12"}]]


def test_a_saved_request_is_answered_alike(needs: Needs, run_cli: RunCli, tmp_path: Path) -> None:
    saved = tmp_path / "saved.yaml"
    first = json.loads(needs("model", "twin", "--save-replay", str(saved), "--format", "json").stdout)
    again = json.loads(run_cli("needs", "--replay", str(saved), "--format", "json").stdout)
    assert {**again, "host": None} == {**first, "host": None}


def test_wrong_usage_and_out_of_time(needs: Needs) -> None:
    assert needs().exit_code == 2
    assert "no module was named" in needs().stderr
    assert needs("model", "--timeout", "0.000000001").exit_code == 4
