"""Section 1: manifests."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import accepted, manifest_text, problems_of
from packaging.version import Version

from las_registry.manifest import CATEGORIES, Manifest, Pool, read_manifest
from las_registry.validate import find_problems, manifest_schema
from las_registry.yaml_reader import read_documents
from las_solver.constraint import Requirement
from las_solver.model import Hardware, ModuleVersion

FULL = """\
name: app
category: application
version: 1.10
description: An application
license: no
hardware:
  cpu: {cores_min: 4}
  memory: {ram_min: 16GB}
  gpu: {vram_min: 24 gb, multi_gpu: true}
dependencies:
  system: [cmake, g++, cmake]
  modules:
    - torch@>=2.1,<3
    - numpy
    - llama.cpp@1.2
  runtime: [cuda>=12.1, python]
runtime:
  modes: [native, container, odd-mode]
  preferred: container
interfaces:
  provides: [chat]
  consumes: [local_llm_inference, database]
x-source: a document
"""


def test_section_1_every_field() -> None:
    assert accepted(FULL).module == ModuleVersion(
        name="app",
        version=Version("1.10"),
        category="application",
        requirements=tuple(map(Requirement.parse, ("torch@>=2.1,<3", "numpy", "llama.cpp@==1.2"))),
        runtimes=(Requirement.parse("cuda@>=12.1"), Requirement.parse("python")),
        hardware=Hardware(cores_min=4, ram_min=16 * 10**9, vram_min=24 * 10**9, multi_gpu=True),
        modes=("native", "container", "odd-mode"),
        preferred_mode="container",
        provides=("chat",),
        consumes=("local_llm_inference", "database"),
        system_packages=("cmake", "g++"),
        source="app/manifest.yaml",
    )


def test_section_1_the_least_manifest() -> None:
    module = accepted(manifest_text()).module
    assert module.hardware == Hardware()
    assert module.modes == ("native",)
    assert module.preferred_mode is None
    assert (module.requirements, module.runtimes, module.provides, module.checksum) == ((), (), (), None)


def test_section_1_an_unquoted_version_is_never_a_float() -> None:
    assert str(accepted(manifest_text(version="1.10")).module.version) == "1.10"


def test_section_1_license_no_is_the_text_no() -> None:
    manifest = accepted(manifest_text(rest="license: no\n"))
    assert manifest.text("license") == "no"
    assert manifest.content["license"] == "no"


@pytest.mark.parametrize("null", ["", "~", "null"])
def test_section_1_null_is_the_same_as_absent(null: str) -> None:
    rest = "".join(
        f"{key}: {null}\n" for key in ("license", "hardware", "dependencies", "interfaces", "integrity", "x-a")
    )
    manifest = accepted(manifest_text(rest=rest))
    assert manifest.module == accepted(manifest_text()).module
    assert manifest.checksum == accepted(manifest_text()).checksum


def test_section_1_nulls_in_lists_and_below_are_absent() -> None:
    rest = "dependencies:\n  modules: [~, a]\n  system: ~\nhardware: {gpu: {multi_gpu: ~}, cpu: {cores_min: }}\n"
    module = accepted(manifest_text(rest=rest, modes="[~, native]")).module
    assert module.requirements == (Requirement.parse("a"),)
    assert module.modes == ("native",)
    assert module.hardware == Hardware()


def test_section_1_required_fields() -> None:
    assert problems_of("x-nothing: 1") == [
        "app/manifest.yaml:1: name: the field is missing\n  hint: write for example name: my-module",
        "app/manifest.yaml:1: category: the field is missing\n  hint: write for example category: tool",
        "app/manifest.yaml:1: version: the field is missing\n  hint: write for example version: 1.0",
        "app/manifest.yaml:1: description: the field is missing\n"
        "  hint: write for example description: What the module is",
        "app/manifest.yaml:1: runtime.modes: the field is missing\n"
        "  hint: write for example runtime: {modes: [native]}",
    ]


def test_section_1_all_mistakes_of_a_manifest_at_once_in_order_of_lines() -> None:
    text = """\
name: x y
category: tols
version: abc
description: ""
licence: MIT
hardware:
  cpu: {cores_min: "8"}
  memory: {ram_min: lots}
  gpu: {vram_min: 24G, multi_gpu: yes}
dependencies:
  system: gcc
  modules:
    - ~
    - torch^1.2
    - numpy@~>1.2.3
  runtime: [cuda 12]
runtime:
  modes: [native, native]
  preferred: container
ram_min: 3GB
"""
    file = "app/manifest.yaml"
    assert problems_of(text) == [
        f"{file}:1: name: 'x y' is not a name that is allowed here\n"
        "  hint: it begins with a letter or digit and goes on with letters, digits and . _ + -",
        f"{file}:2: category: 'tols' is not one of language, runtime, framework, service, application, tool, model\n"
        "  hint: did you mean tool?",
        f"{file}:3: version: 'abc' is not a PEP 440 version\n  hint: write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1",
        f"{file}:4: description: the text is empty\n  hint: write something, or leave the field out",
        f"{file}:5: licence: there is no such field\n  hint: did you mean license?",
        f"{file}:7: hardware.cpu.cores_min: '8' is not an integer\n  hint: remove the quotes around 8",
        f"{file}:8: hardware.memory.ram_min: 'lots' is not a size\n"
        "  hint: write it like 24GB (powers of 1000), 24564MiB (powers of 1024) or 25757220864 (bytes)",
        f"{file}:9: hardware.gpu.vram_min: '24G' can be read in two ways: 24GB is 24000000000 bytes, "
        "24GiB is 25769803776 bytes\n  hint: write 24GB or 24GiB",
        f"{file}:9: hardware.gpu.multi_gpu: 'yes' is not true or false\n"
        "  hint: write true or false: yes is a text in YAML 1.2",
        f"{file}:11: dependencies.system: 'gcc' is not a list\n"
        "  hint: write [gcc], or each item in a line of its own after '- '",
        f"{file}:14: dependencies.modules[1]: 'torch^1.2' has no '@' between the module and its constraint\n"
        "  hint: write torch@>=1.2,<2",
        f"{file}:15: dependencies.modules[2]: '~>1.2.3' is not a PEP 440 version specifier\n  hint: write ~=1.2.3",
        f"{file}:16: dependencies.runtime[0]: 'cuda 12' has no operator between the runtime and its version\n"
        "  hint: write cuda==12",
        f"{file}:18: runtime.modes[1]: 'native' is there twice\n  hint: keep one of them",
        f"{file}:19: runtime.preferred: 'container' is not one of the modes: native",
        f"{file}:20: ram_min: there is no such field\n  hint: it belongs at hardware.memory.ram_min",
    ]


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("vesrion: 1\n", "vesrion: there is no such field\n  hint: did you mean version?"),
        ("zzz: 1\n", "zzz: there is no such field\n  hint: leave it out, or call it x-zzz, which is yours to use"),
        ("x_a: 1\n", "x_a: there is no such field\n  hint: write x-a"),
        ("<<: {a: b}\n", "<<: there is no such field\n  hint: merge keys are not known here: write the fields out"),
        ("hardware: [a]\n", "hardware: expected a mapping of fields, found a list"),
        ("hardware: much\n", "hardware: 'much' is not a mapping of fields"),
        (
            "hardware: {cpu: {cores_min: 0}}\n",
            "hardware.cpu.cores_min: 0 is less than 1\n  hint: leave it out for no minimum",
        ),
        (
            "hardware: {cpu: {cores_min: 1.5}}\n",
            "hardware.cpu.cores_min: '1.5' is not an integer\n  hint: write digits only",
        ),
        (
            "hardware: {cpu: {cores_min: 4.0}}\n",
            "hardware.cpu.cores_min: '4.0' is not an integer\n  hint: write digits only",
        ),
        (
            "hardware: {cpu: {cores_min: 1_000}}\n",
            "hardware.cpu.cores_min: '1_000' is not an integer\n  hint: write digits only",
        ),
        (
            "hardware: {cpu: {cores_min: 9007199254740992}}\n",
            "hardware.cpu.cores_min: 9007199254740992 is more than 9007199254740991",
        ),
        (
            "hardware: {gpu: {multi_gpu: 'true'}}\n",
            "hardware.gpu.multi_gpu: 'true' is not true or false\n  hint: remove the quotes around true",
        ),
        (
            "hardware: {gpu: {multi_gpu: 1}}\n",
            "hardware.gpu.multi_gpu: '1' is not true or false\n  hint: write true or false",
        ),
        ("dependencies: {system: [a b]}\n", "dependencies.system[0]: 'a b' is not a name that is allowed here"),
        ("dependencies: {system: [-y]}\n", "dependencies.system[0]: '-y' is not a name that is allowed here"),
        (
            "dependencies: {modules: [[a]]}\n",
            "dependencies.modules[0]: expected a text, found a list\n  hint: quote it",
        ),
        ("dependencies: {modules: ['']}\n", "dependencies.modules[0]: the text is empty"),
        ("dependencies: {modules: {a: b}}\n", "dependencies.modules: expected a list, found a mapping"),
        ("license: [MIT]\n", "license: expected a text, found a list\n  hint: quote it"),
        (
            "interfaces: {provides: [a], consumed: [b]}\n",
            "interfaces.consumed: there is no such field\n  hint: did you mean consumes?",
        ),
        ("integrity: {checksum: md5:0}\n", "integrity.checksum: 'md5:0' is not a checksum"),
        ("name: again\n", "name: the key is there twice\n  hint: keep one of them"),
    ],
)
def test_section_1_one_mistake(rest: str, problem: str) -> None:
    (found,) = problems_of(manifest_text(rest=rest))
    assert found.partition(": ")[2].startswith(problem)


@pytest.mark.parametrize("modes", ["[]", "[~]", "~", "native", "[a b]", "{a: b}", "[[native]]", "['']"])
def test_section_1_modes_are_a_non_empty_list_of_names(modes: str) -> None:
    (found,) = problems_of(manifest_text(modes=modes))
    assert found.startswith(("app/manifest.yaml:6: runtime.modes", "app/manifest.yaml:5: runtime.modes"))


@pytest.mark.parametrize("category", CATEGORIES)
def test_section_1_categories(category: str) -> None:
    text = manifest_text().replace("category: tool", f"category: {category}")
    assert accepted(text).module.category == category


@pytest.mark.parametrize("category", ["Tool", "tools", "''", "[tool]", "''"])
def test_section_1_no_other_category(category: str) -> None:
    assert problems_of(manifest_text().replace("category: tool", f"category: {category}"))


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("True", True), ("TRUE", True), ("false", False), ("FALSE", False)]
)
def test_section_1_booleans(text: str, value: bool) -> None:
    module = accepted(manifest_text(rest=f"hardware: {{gpu: {{multi_gpu: {text}}}}}\n")).module
    assert module.hardware.multi_gpu is value


@pytest.mark.parametrize(
    ("text", "value"), [("8", 8), ("+8", 8), ("010", 10), ("0o10", 8), ("0x10", 16), ("!!int 8", 8)]
)
def test_section_1_integers(text: str, value: int) -> None:
    assert (
        accepted(manifest_text(rest=f"hardware: {{cpu: {{cores_min: {text}}}}}\n")).module.hardware.cores_min == value
    )


@pytest.mark.parametrize("number", ["9" * 30, "9" * 100_000, "-1", "0x", "1e3"])
def test_section_1_odd_integers_are_refused_in_a_bounded_message(number: str) -> None:
    (found,) = problems_of(manifest_text(rest=f"hardware: {{cpu: {{cores_min: {number}}}}}\n"))
    assert "hardware.cpu.cores_min" in found and len(found) < 300


def test_section_1_keys_that_begin_with_x_are_allowed_everywhere() -> None:
    rest = """\
x-a: {anything: [1, {b: ~}]}
hardware: {x-b: 1, cpu: {x-c: 2}, memory: {x-d: 3}, gpu: {x-e: 4}}
dependencies: {x-f: [5]}
interfaces: {x-g: 6}
integrity: {x-h: 7}
"""
    assert accepted(manifest_text(rest=rest)).module == accepted(manifest_text()).module


@pytest.mark.parametrize("length", [1001, 10**6])
def test_huge_texts_are_refused_in_a_bounded_message(length: int) -> None:
    for text in (
        manifest_text(name="x" * length),
        manifest_text(version="1." * length),
        manifest_text(version="1" * length),
    ):
        (found,) = problems_of(text)
        assert len(found) < 400


@pytest.mark.parametrize("text", ["- a\n- b", "just a text", "'quoted'", "42"])
def test_a_document_that_is_no_mapping(text: str) -> None:
    (found,) = problems_of(text)
    assert found.startswith("app/manifest.yaml:1: a manifest is a mapping of fields, not ")


@pytest.mark.parametrize("field", ["name", "version"])
def test_a_line_break_at_the_end_of_a_text_is_no_part_of_a_name(field: str) -> None:
    text = manifest_text().replace("name: app", "name: |\n  app")
    if field == "name":
        (found,) = problems_of(text)
        assert found.startswith("app/manifest.yaml:1: name: 'app\\n' is not a module name")


def test_equal_values_of_many_manifests_are_the_same_objects() -> None:
    pool = Pool()
    rest = "hardware: {memory: {ram_min: %s}}\ndependencies: {modules: ['a@>=1', b], runtime: [c]}\n"
    text = manifest_text(version="1", rest=rest % "1GB") + "---\n" + manifest_text(version="2", rest=rest % "1000MB")
    one, two = (read_manifest(each, "m", pool) for each in read_documents(text.encode(), "m"))
    assert isinstance(one, Manifest) and isinstance(two, Manifest)
    assert one.module.requirements is two.module.requirements
    assert one.module.runtimes[0] is two.module.runtimes[0]
    assert one.module.hardware is two.module.hardware
    assert one.module.modes is two.module.modes


def test_the_schema_is_json_schema_2020_12() -> None:
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("/draft/2020-12/schema")
    assert schema["$id"].startswith("urn:")
    assert tuple(schema["properties"]["category"]["enum"]) == CATEGORIES


def fields_of_type(schema: Any, wanted: str, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if schema.get("type") == wanted else []
    return found + [
        one
        for name, inner in schema.get("properties", {}).items()
        for one in fields_of_type(inner, wanted, (*path, name))
    ]


def test_the_schema_has_the_integers_and_booleans_that_are_read_as_such() -> None:
    assert fields_of_type(manifest_schema(), "integer") == [("hardware", "cpu", "cores_min")]
    assert fields_of_type(manifest_schema(), "boolean") == [("hardware", "gpu", "multi_gpu")]


def test_every_field_of_the_schema_is_described() -> None:
    def undescribed(schema: Any) -> list[str]:
        own = [schema.get("title", "?")] if "title" not in schema else []
        return own + [one for inner in schema.get("properties", {}).values() for one in undescribed(inner)]

    assert undescribed(manifest_schema()) == []


SCHEMA = jsonschema.Draft202012Validator(manifest_schema())
OTHER_SCHEMA = jsonschema_rs.Draft202012Validator(manifest_schema())
WRONG: list[Any] = [
    None,
    "",
    "text",
    "a b",
    "x@1",
    "1.0",
    "2GB",
    "24G",
    [],
    ["a"],
    ["a", "a"],
    [None],
    [[]],
    {},
    {"a": "b"},
    {"x-a": None},
]
PATHS = [
    *(("name",), ("category",), ("version",), ("description",), ("license",), ("other",), ("x-other",)),
    *(("hardware",), ("hardware", "cpu"), ("hardware", "cpu", "cores_min"), ("hardware", "memory", "ram_min")),
    *(("hardware", "gpu", "vram_min"), ("hardware", "gpu", "multi_gpu"), ("hardware", "gpu", "other")),
    *(("dependencies",), ("dependencies", "system"), ("dependencies", "modules"), ("dependencies", "runtime")),
    *(("runtime",), ("runtime", "modes"), ("runtime", "preferred"), ("runtime", "x-a")),
    *(("interfaces",), ("interfaces", "provides"), ("interfaces", "consumes"), ("interfaces", "other")),
    *(("integrity",), ("integrity", "checksum"), ("integrity", "signature")),
]
TEXTS = st.sampled_from(
    ("true", "yes", "8", "0", "-1", "0x2", "1_0", "c>=1", "tool", "a\n", " a", "\u00a0", "é", "native", "-a")
)


@st.composite
def changed_manifests(draw: st.DrawFn) -> str:
    """The full manifest with some fields replaced by what may or may not belong there, or taken away."""
    tree = copy.deepcopy(yaml.load(FULL, Loader=yaml.CBaseLoader))
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=0, max_size=3)):
        inner = tree
        for key in path[:-1]:
            inner = inner.setdefault(key, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict):
            if draw(st.booleans()) and path[-1] in inner:
                del inner[path[-1]]
            else:
                inner[path[-1]] = copy.deepcopy(draw(st.sampled_from(WRONG) | TEXTS))
    text: str = yaml.dump(
        tree, Dumper=yaml.CDumper, default_style=draw(st.sampled_from((None, '"'))), allow_unicode=draw(st.booleans())
    )
    return (
        text.replace('"4"', "4").replace('"true"', draw(st.sampled_from(("true", '"true"')))).replace("'true'", "true")
    )


@settings(max_examples=200, deadline=None)
@given(changed_manifests())
def test_validation_by_the_schema_and_the_fast_pass_agree(text: str) -> None:
    (document,) = read_documents(text.encode(), "m")
    found = read_manifest(document, "m", Pool())
    problems = find_problems(document)
    assert isinstance(found, Manifest) is (not problems)
    if isinstance(found, Manifest):
        content = json.loads(json.dumps(found.content))
        assert SCHEMA.is_valid(content)
        assert OTHER_SCHEMA.is_valid(content)


CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "localaistack"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_the_manifests_of_the_corpus_are_accepted_as_they_stand() -> None:
    from las_registry.registry import Registry

    registry = Registry.load([CORPUS])
    assert registry.problems == ()
    assert len(list(registry.names())) == len(list(CORPUS.glob("*/manifest.yaml")))


def test_manifests_in_the_style_of_the_corpus_are_accepted() -> None:
    text = """\
name: llama.cpp
category: runtime
version: 0.1.0
description: Inference of language models on this machine
license: MIT

hardware:
  cpu:
    cores_min: 2
  memory:
    ram_min: 4GB
  gpu:
    vram_min: 6GB
    multi_gpu: false

dependencies:
  system:
    - g++
    - python3

runtime:
  modes:
    - binary
    - source
  preferred: binary

interfaces:
  provides:
    - local_llm_inference
"""
    module = accepted(text).module
    assert module.modes == ("binary", "source")
    assert module.hardware == Hardware(cores_min=2, ram_min=4 * 10**9, vram_min=6 * 10**9)
