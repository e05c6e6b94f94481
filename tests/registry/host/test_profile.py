"""Host profiles (contract, section 3, and pitfalls 18 and 19)."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from las_registry.host.profile import host_from_document, profile_document, read_profile
from las_registry.problem import InvalidFile
from las_registry.yaml_reader import read_document, write_document
from las_solver.model import Gpu, Host

SECTION_3 = """\
cpu: {cores: 16}
memory: {ram: 64GiB}
gpus:
  - {name: GeForce RTX 4090, vendor: nvidia, vram: 24564MiB}
runtimes: {cuda: "12.4", nvidia-driver: "550.54"}   # what the host itself provides
modes: [native, container]      # the only modes allowed here
interfaces: [database]          # provided from outside the module system
system_packages: [cmake, git]   # known to be installed
"""

SCHEMA = json.loads((files("las_registry") / "schema/profile.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "host.yaml"


def read(path: Path, text: str | bytes) -> Host:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_profile(path)


def problems(path: Path, text: str | bytes) -> list[str]:
    """What is wrong with a profile, as ``line field: message (hint)``."""
    with pytest.raises(InvalidFile) as caught:
        read(path, text)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return [f"{problem.line} {problem.field}: {problem.message} ({problem.hint})" for problem in caught.value.problems]


def test_the_example_of_section_3(profile: Path) -> None:
    assert read(profile, SECTION_3) == Host(
        cores=16,
        ram=64 * 1024**3,
        gpus=(Gpu(name="GeForce RTX 4090", vendor="nvidia", vram=24564 * 1024**2),),
        runtimes={"cuda": Version("12.4"), "nvidia-driver": Version("550.54")},
        modes=frozenset({"native", "container"}),
        interfaces=frozenset({"database"}),
        system_packages=frozenset({"cmake", "git"}),
    )


class TestWhatIsLeftOut:
    """Section 3: absent, unknown and none; pitfall 18: absent, unknown and zero are three things."""

    def test_nothing_is_detected(self, profile: Path) -> None:
        assert read(profile, "{}") == Host()

    @pytest.mark.parametrize("text", ["modes: [native]", "modes: [native]\ncpu:", "modes: [native]\ncpu: {cores: }"])
    def test_without_cpu_the_number_of_cores_is_unknown(self, profile: Path, text: str) -> None:
        assert read(profile, text).cores is None

    @pytest.mark.parametrize("text", ["x-a: 1", "memory: null", "memory: {ram: ~}", "memory: {}"])
    def test_without_memory_its_size_is_unknown(self, profile: Path, text: str) -> None:
        assert read(profile, text).ram is None

    @pytest.mark.parametrize("text", ["x-a: 1", "gpus:", "gpus: []"])
    def test_without_gpus_there_are_none(self, profile: Path, text: str) -> None:
        assert read(profile, text).gpus == ()

    @pytest.mark.parametrize("text", ["x-a: 1", "runtimes: {}", "runtimes: {cuda: }\ninterfaces:"])
    def test_without_runtimes_and_interfaces_there_are_none(self, profile: Path, text: str) -> None:
        host = read(profile, text)
        assert (host.runtimes, host.interfaces, host.system_packages) == ({}, frozenset(), frozenset())

    @pytest.mark.parametrize("text", ["x-a: 1", "modes:"])
    def test_without_modes_every_mode_is_allowed(self, profile: Path, text: str) -> None:
        assert read(profile, text).modes is None

    def test_no_mode_at_all_is_a_mistake(self, profile: Path) -> None:
        assert problems(profile, "modes: []") == [
            "1 modes: no mode is allowed here (leave out modes to allow every mode)"
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (
                "cpu: {cores: 0}",
                "1 cpu.cores: '0' is not a number of CPUs (write a whole number from 1, like 16)",
            ),
            (
                "memory: {ram: 0GB}",
                "1 memory.ram: no machine has a memory of size zero (leave it out if it is unknown)",
            ),
            (
                "gpus:\n- {vram: 0}",
                "2 gpus[0].vram: no machine has a memory of size zero (leave it out if it is unknown)",
            ),
        ],
    )
    def test_zero_is_neither_unknown_nor_none(self, profile: Path, text: str, problem: str) -> None:
        assert problems(profile, text) == [problem]


class TestScalars:
    """Section 1: every scalar is its source text; sizes are exact."""

    def test_a_version_without_quotes_is_no_float(self, profile: Path) -> None:
        assert str(read(profile, "runtimes: {cuda: 12.10}").runtimes["cuda"]) == "12.10"

    def test_no_is_a_text(self, profile: Path) -> None:
        assert read(profile, "system_packages: [no, 'on']").system_packages == {"no", "on"}

    def test_a_24_gb_card_has_24_gb_but_not_24_gib(self, profile: Path) -> None:
        vram = read(profile, "gpus: [{vram: 24564MiB}]").gpus[0].vram
        assert 24 * 1000**3 <= vram < 24 * 1024**3

    @pytest.mark.parametrize(
        ("text", "size"),
        [("64GB", 64 * 1000**3), ("64 gib", 64 * 1024**3), ("1.5TB", 1500 * 1000**3), ("65536", 65536)],
    )
    def test_sizes(self, profile: Path, text: str, size: int) -> None:
        assert read(profile, f"memory: {{ram: {text}}}").ram == size

    def test_a_size_that_can_be_read_in_two_ways(self, profile: Path) -> None:
        (problem,) = problems(profile, "memory: {ram: 64G}")
        assert problem.startswith("1 memory.ram: '64G' can be read in two ways")
        assert problem.endswith("(write 64GB or 64GiB)")

    def test_names_of_cards_default(self, profile: Path) -> None:
        assert read(profile, "gpus: [{vram: 8GB}]").gpus == (Gpu(vram=8 * 1000**3),)


class TestBadInput:
    """Issue: "a profile with nonsense" gets one clear error; style 16: all problems at once."""

    def test_all_problems_at_once_in_order_of_lines(self, profile: Path) -> None:
        text = """\
runtimes: {cuda: new, "-": 1.0}
modes: native
gpu: 24GB
cpu: {cores: many, threads: 4}
memory: 64GB
gpus:
  - 24GB
  - {name: RTX}
  - {vram: big, size: 3}
"""
        assert problems(profile, text) == [
            "1 runtimes.cuda: 'new' is not a PEP 440 version (write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1)",
            "1 runtimes.-: '-' is not a module name"
            " (a name begins with a letter or digit and goes on with letters, digits and . _ + -)",
            "2 modes: expected a list, found the text 'native' (write it like modes: [native, container])",
            "3 gpu: a profile has no such key (write gpus: [{vram: 24GB}])",
            "4 cpu.threads: a profile has no such key (its keys are cores; your own begin with x-)",
            "4 cpu.cores: 'many' is not a number of CPUs (write a whole number from 1, like 16)",
            "5 memory: expected a mapping, found the text '64GB' (write it like memory: {ram: 64GiB})",
            "7 gpus[0]: expected a card, found the text '24GB' (write it like {vram: 24GB})",
            "8 gpus[1]: the card's vram is missing (add its memory, like vram: 24GB)",
            "9 gpus[2].size: a profile has no such key (its keys are name, vendor, vram; your own begin with x-)",
            "9 gpus[2].vram: 'big' is not a size (write it like 24GB (powers of 1000),"
            " 24564MiB (powers of 1024) or 25757220864 (bytes))",
        ]

    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("runtime", "did you mean runtimes?"),
            ("GPUs", "did you mean gpus?"),
            ("system-packages", "did you mean system_packages?"),
            ("cuda", 'write runtimes: {cuda: "12.4"}'),
            ("cores", "write cpu: {cores: 16}"),
            (
                "colour",
                "its keys are cpu, memory, gpus, runtimes, modes, interfaces, system_packages; your own begin with x-",
            ),
        ],
    )
    def test_an_unknown_key_names_the_one_that_was_meant(self, profile: Path, key: str, hint: str) -> None:
        assert problems(profile, f"{key}: 1") == [f"1 {key}: a profile has no such key ({hint})"]

    @pytest.mark.parametrize("text", ["-1", "1.5", "0x10", "1_6", "1e2", "true", "9" * 5000, "１６"])
    def test_cores_that_are_no_number(self, profile: Path, text: str) -> None:
        (problem,) = problems(profile, f"cpu: {{cores: {text}}}")
        assert "is not a number of CPUs (write a whole number from 1, like 16)" in problem

    @pytest.mark.parametrize("text", ["-1GB", "1e9", "9" * 31, "999999999TB", "GB", ".5GB"])
    def test_memory_that_is_no_size(self, profile: Path, text: str) -> None:
        (problem,) = problems(profile, f"memory: {{ram: {text}}}")
        assert problem.startswith("1 memory.ram: ")

    @pytest.mark.parametrize("text", ["[]", "hello", "- cpu", "16"])
    def test_what_is_no_object(self, profile: Path, text: str) -> None:
        (problem,) = problems(profile, text)
        assert "expected a profile, found" in problem

    @pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null"])
    def test_an_empty_profile(self, profile: Path, text: str) -> None:
        (problem,) = problems(profile, text)
        assert "the profile is empty" in problem

    @pytest.mark.parametrize(
        "text",
        [
            "cpu: {cores: 16",
            "\tcpu: 1",
            "cpu: {cores: 1}\n---\ncpu: {cores: 2}",
            "cpu: {cores: 1}\ncpu: {cores: 2}",
            "cpu: {cores: 16}".encode("utf-16"),
            b"cpu: {cores: \xff}",
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{b}: &{b} [{','.join(9 * [f'*{a}'])}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
            "[" * 10_000,
            b"\0\1\2",
            b"cpu: {cores: 1}\n" + b"#" * (1 << 20),
        ],
    )
    def test_what_is_no_single_yaml_document_in_utf_8(self, profile: Path, text: str | bytes) -> None:
        assert problems(profile, text)

    @pytest.mark.parametrize("name", ["[x", "''", '"a\\nb"', '" "'])
    def test_labels_are_printable_text(self, profile: Path, name: str) -> None:
        assert problems(profile, f"interfaces: [{name}]")

    def test_a_null_in_a_list(self, profile: Path) -> None:
        assert problems(profile, "modes: [native, ~]") == [
            "1 modes[1]: expected a name, found nothing (write it like modes: [native, container])"
        ]

    def test_a_file_that_is_not_there(self, profile: Path) -> None:
        with pytest.raises(InvalidFile, match="the profile cannot be read: No such file or directory"):
            read_profile(profile)

    def test_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidFile, match="the profile cannot be read: Is a directory"):
            read_profile(tmp_path)

    def test_a_path_that_cannot_be(self) -> None:
        with pytest.raises(InvalidFile, match="the profile cannot be read"):
            read_profile(Path("a\0b"))


def test_own_keys_begin_with_x(profile: Path) -> None:
    text = "x-source: me\ncpu: {cores: 2, x-why: because}\ngpus: [{vram: 8GB, x-slot: 1}]"
    assert read(profile, text) == Host(cores=2, gpus=(Gpu(vram=8 * 1000**3),))


class TestDocument:
    def test_a_profile_as_plain_values(self, profile: Path) -> None:
        assert profile_document(read(profile, SECTION_3)) == {
            "cpu": {"cores": 16},
            "memory": {"ram": "64GiB"},
            "gpus": [{"name": "GeForce RTX 4090", "vendor": "nvidia", "vram": "24564MiB"}],
            "runtimes": {"cuda": "12.4", "nvidia-driver": "550.54"},
            "modes": ["container", "native"],
            "interfaces": ["database"],
            "system_packages": ["cmake", "git"],
        }

    def test_what_is_unknown_is_absent_and_what_is_not_there_is_empty(self) -> None:
        assert profile_document(Host()) == {
            "gpus": [],
            "runtimes": {},
            "interfaces": [],
            "system_packages": [],
        }

    def test_numbers_may_be_integers(self) -> None:
        document = {"cpu": {"cores": 4}, "memory": {"ram": 1024}, "gpus": [{"vram": 2048}]}
        assert host_from_document(document) == Host(cores=4, ram=1024, gpus=(Gpu(vram=2048),))

    @pytest.mark.parametrize(
        "document",
        [
            None,
            3,
            "x",
            [],
            {"cpu": {"cores": 1.5}},
            {"cpu": {"cores": True}},
            {"cpu": {"cores": [1]}},
            {"memory": {"ram": {}}},
            {"gpus": {}},
            {"gpus": [None]},
            {"modes": {}},
            {"runtimes": []},
            {"runtimes": {"cuda": {}}},
            {"unknown": 1},
        ],
    )
    def test_nonsense_is_refused_with_the_name_of_its_file(self, document: object) -> None:
        with pytest.raises(InvalidFile) as caught:
            host_from_document(document, file="plan.json")
        assert all((problem.file, problem.line) == ("plan.json", None) for problem in caught.value.problems)


labels = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda text: text.isprintable() and text.strip()
)
sizes = st.integers(1, 1 << 60) | st.integers(1, 1 << 16).map(lambda count: count * 1024**2)
versions = st.lists(st.integers(0, 999), min_size=1, max_size=4).map(
    lambda release: Version(".".join(map(str, release)))
)
hosts = st.builds(
    Host,
    cores=st.none() | st.integers(1, 1024),
    ram=st.none() | sizes,
    gpus=st.lists(st.builds(Gpu, name=labels, vendor=labels, vram=sizes), max_size=3).map(tuple),
    runtimes=st.dictionaries(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,9}", fullmatch=True), versions, max_size=3
    ).map(MappingProxyType),
    modes=st.none() | st.frozensets(labels, min_size=1, max_size=3),
    interfaces=st.frozensets(labels, max_size=3),
    system_packages=st.frozensets(labels, max_size=3),
)


@given(hosts)
def test_plain_values_and_yaml_read_back_to_the_same_host(host: Host) -> None:
    document = profile_document(host)
    assert host_from_document(document) == host
    assert host_from_document(json.loads(json.dumps(document))) == host
    assert host_from_document(read_document(write_document(document).encode(), "host.yaml").value) == host


@given(hosts)
def test_the_published_schema_admits_every_profile(host: Host) -> None:
    jsonschema.validate(profile_document(host), SCHEMA)


class TestSchema:
    def test_it_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize(
        "document",
        [
            [],
            {"cpu": {"cores": 0}},
            {"cpu": {"cores": 1.5}},
            {"cpu": {"threads": 1}},
            {"cpu": 4},
            {"memory": {"ram": "64G"}},
            {"memory": {"ram": "0.0GB"}},
            {"memory": {"ram": "much"}},
            {"gpus": [{}]},
            {"gpus": [{"vram": None}]},
            {"gpus": ["24GB"]},
            {"gpus": [{"vram": "24GB", "size": 1}]},
            {"modes": []},
            {"modes": [""]},
            {"modes": "native"},
            {"runtimes": {"-": "1"}},
            {"runtimes": {"cuda": "new"}},
            {"unknown": 1},
        ],
    )
    def test_it_refuses_what_the_reader_refuses(self, document: object) -> None:
        with pytest.raises(InvalidFile):
            host_from_document(document)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, SCHEMA)
