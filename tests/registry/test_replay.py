"""Replay files: what is written is read as the same, gives the same answer, and mistakes are named with their lines."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_strategies import installed_cases
from strategies import Case, cases
from together_strategies import together_cases

from las_registry.problem import InvalidFile
from las_registry.replay import Replay, read_replay
from las_registry.replay_text import replay_text, with_expected
from las_solver.constraint import Requirement, parse_version
from las_solver.document import conflict_document, plan_document
from las_solver.errors import InvalidInput
from las_solver.limit import Limit
from las_solver.model import Gpu, Hardware, Host, ModuleVersion, Request, Strategy
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.recording import Recording, record
from las_solver.source import MemorySource, RejectedManifest, ShadowedModule, Source

CASES_TOGETHER = together_cases().map(lambda case: replace(case, request=replace(case.request, limits=())))
LEAST = "las-solve-replay: 1\nrequest: [app]\n"


def _read(text: str | bytes) -> Replay:
    return read_replay(text.encode() if isinstance(text, str) else text, "case.yaml")


def _problems(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        _read(text)
    return [str(problem) for problem in caught.value.problems]


def _as_manifests_have_it(case: Case) -> Case:
    """`case` with each entry once."""

    def once(one: ModuleVersion) -> ModuleVersion:
        return replace(
            one,
            requirements=tuple(dict.fromkeys(one.requirements)),
            runtimes=tuple(dict.fromkeys(one.runtimes)),
        )

    installed = {name: once(one) for name, one in case.host.installed.items()}
    return replace(
        case,
        module_versions=tuple(map(once, case.module_versions)),
        host=replace(case.host, installed=MappingProxyType(installed)),
    )


def _answer(source: Source, host: Host, request: Request) -> str:
    """All of the answer as JSON, with repairs and what holds modules back."""
    planner = Planner(source, host)
    answer = planner.plan(request)
    if isinstance(answer, Plan):
        return json.dumps(plan_document(answer))
    return json.dumps(conflict_document(answer, planner.diagnose(answer)))


EVERYTHING = Recording(
    request=Request(
        requirements=(Requirement.parse("app@>=1,<3"), Requirement.parse("lib")),
        strategy=Strategy.LOWEST,
        prereleases=True,
        modes=frozenset({"native", "container"}),
        forced_modes=MappingProxyType({"app": "native"}),
        preferred=("mariadb",),
        excluded=(Requirement.parse("lib@<1"),),
        pinned=(Requirement.parse("lib@>=1"),),
        locked=MappingProxyType({"app": parse_version("1.10"), "true": parse_version("1")}),
        unlocked=frozenset({"app"}),
        released=frozenset({"lib", "null"}),
        allow_removal=True,
        together=True,
    ),
    host=Host(
        cores=8,
        ram=64 * 2**30,
        gpus=(Gpu(vram=24564 * 2**20),),
        runtimes=MappingProxyType({"cuda": parse_version("12.4")}),
        modes=frozenset({"native"}),
        interfaces=frozenset({"database: [1]"}),
        system_packages=frozenset({"git"}),
        installed=MappingProxyType(
            {
                "app": ModuleVersion(name="app", version=parse_version("1.0"), source="installed app 1.0"),
                "null": ModuleVersion(
                    name="null",
                    version=parse_version("2"),
                    requirements=(Requirement.parse("app@<2"),),
                    source="null.manifest.yaml",
                    checksum="sha256:" + "1" * 64,
                ),
            }
        ),
        deprecated=frozenset({("app", parse_version("1.9")), ("true", parse_version("1"))}),
    ),
    module_versions=(
        ModuleVersion(
            name="app",
            version=parse_version("1.10"),
            category="application",
            requirements=(Requirement.parse("lib@>=1,<2"),),
            runtimes=(Requirement.parse_runtime("cuda>=12"), Requirement.parse_runtime("rocm")),
            hardware=Hardware(cores_min=4, ram_min=10**9, vram_min=7, multi_gpu=True),
            modes=("container", "native"),
            preferred_mode="native",
            provides=("true", "null"),
            consumes=("api",),
            system_packages=("gcc",),
            source="apps/app one.yaml",
            checksum="sha256:" + "0" * 64,
        ),
        ModuleVersion(name="lib", version=parse_version("2.0rc1"), source="lib.manifest.yaml"),
    ),
    notes=(
        RejectedManifest(module="not a name", version=None, place="odd.yaml", reason="#"),
        RejectedManifest(module="lib", version=parse_version("3"), provides=("x",), place="lib.yaml:3", reason="a: 1"),
        ShadowedModule(module="lib", versions=(parse_version("4"),), registry="later"),
        ShadowedModule(module="lib", versions=(parse_version("5"),), registry="public", rule="li*"),
    ),
    names=("app2", "null"),
    interfaces=("apis",),
)


def test_everything_is_read_as_it_was_written() -> None:
    whole = Replay(recording=EVERYTHING, about="Why.\n\n  And how.\n", expected="A plan\n  x: 1\n\nend\n")
    assert _read(replay_text(whole)) == whole


def test_the_form_is_for_people() -> None:
    lines = replay_text(Replay(recording=EVERYTHING, about="Why.\n", expected="A plan\n\nend\n")).splitlines()
    assert lines[:4] == ["las-solve-replay: 1", "about: |", "  Why.", 'request: ["app@>=1,<3", lib]']
    assert "  - {name: lib, version: 2.0rc1}" in lines
    assert lines[-4:] == ["expected: |", "  A plan", "", "  end"]


def test_limits_cannot_be_written() -> None:
    limit = Limit("inference servers", 2, lambda one: 1)
    limited = replace(EVERYTHING, request=replace(EVERYTHING.request, limits=(limit,)))
    with pytest.raises(InvalidInput, match="cannot hold the limit 'inference servers', which is a function"):
        replay_text(Replay(recording=limited))


@given(cases() | installed_cases() | CASES_TOGETHER)
@settings(max_examples=120)
def test_the_answer_is_the_same_byte_for_byte(case: Case) -> None:
    case = _as_manifests_have_it(case)
    source = MemorySource(case.module_versions)
    replayed = _read(replay_text(Replay(recording=record(source, case.host, case.request))))
    recording = replayed.recording
    expected = _answer(source, case.host, case.request)
    assert _answer(replayed.registry(), recording.host, recording.request) == expected


@given(cases() | installed_cases() | CASES_TOGETHER)
@settings(max_examples=120)
def test_recording_again_changes_nothing(case: Case) -> None:
    case = _as_manifests_have_it(case)
    text = replay_text(Replay(recording=record(MemorySource(case.module_versions), case.host, case.request)))
    replayed = _read(text)
    again = record(replayed.registry(), replayed.recording.host, replayed.recording.request)
    assert replay_text(Replay(recording=again)) == text


def test_the_sizes_that_could_be_offered_are_recorded_where_modules_run_at_the_same_time() -> None:
    def chat(size: str, vram: int, *entries: str) -> ModuleVersion:
        return ModuleVersion(
            name=f"chat-{size}",
            version=parse_version("1"),
            requirements=tuple(map(Requirement.parse, entries)),
            hardware=Hardware(vram_min=vram),
            source=f"chat-{size}.yaml",
        )

    other = replace(chat("small", 4), name="other-small")
    source = MemorySource([chat("large", 16), chat("medium", 8, "other-small"), chat("small", 4), other])
    request = Request(requirements=(Requirement.parse("chat-medium"),))
    for together, names in (
        (False, ["chat-medium", "other-small"]),
        (True, ["chat-medium", "chat-small", "other-small"]),
    ):
        found = record(source, Host(), replace(request, together=together))
        assert sorted(one.name for one in found.module_versions) == names


@given(st.text(), st.text())
@settings(max_examples=200)
def test_any_text_can_be_kept(about: str, reason: str) -> None:
    note = RejectedManifest(module="app", version=None, place="a", reason=reason)
    recording = Recording(
        request=Request(requirements=(Requirement.parse("app"),)), host=Host(), module_versions=(), notes=(note,)
    )
    text = replay_text(Replay(recording=recording, about=about))
    replayed = _read(text.encode())
    assert (replayed.about, replayed.recording.notes) == (about, (note,))


def test_an_empty_lock_is_not_none() -> None:
    request = Request(requirements=(Requirement.parse("app"),), locked=MappingProxyType({}))
    recording = Recording(request=request, host=Host(), module_versions=())
    assert _read(replay_text(Replay(recording=recording))).recording.request.locked == {}
    assert _read("las-solve-replay: 1\nrequest: [app]\n").recording.request.locked is None


def test_nothing_need_be_asked_for_where_something_is_installed() -> None:
    replayed = _read("las-solve-replay: 1\nrequest: []\ninstalled: [{name: app, version: 1}]\n")
    (app,) = replayed.recording.host.installed.values()
    assert (str(app), app.source, replayed.recording.request.requirements) == ("app 1", "installed app 1", ())


def test_what_is_installed_leads_on_and_says_what_matters_of_the_machine() -> None:
    def module(text: str, *entries: str, runtimes: str = "") -> ModuleVersion:
        name, version = text.split()
        requirements = tuple(map(Requirement.parse, entries))
        needs = (Requirement.parse_runtime(runtimes),) if runtimes else ()
        return ModuleVersion(name=name, version=parse_version(version), requirements=requirements, runtimes=needs)

    known = [module("app 1"), module("lib 2"), module("tool 2", "lib"), module("other 1")]
    host = Host(
        runtimes=MappingProxyType({"cuda": parse_version("12"), "rocm": parse_version("6")}),
        installed=MappingProxyType({"tool": module("tool 1", "lib", "gone", runtimes="cuda>=11")}),
        deprecated=frozenset({("lib", parse_version("1")), ("other", parse_version("1"))}),
    )
    found = record(MemorySource(known), host, Request(requirements=(Requirement.parse("app"),)))
    assert [str(one) for one in found.module_versions] == ["app 1", "tool 2", "lib 2"]
    assert dict(found.host.installed) == dict(host.installed)
    assert list(found.host.runtimes) == ["cuda"]
    assert found.host.deprecated == frozenset({("lib", parse_version("1"))})


def test_a_manifest_need_not_say_what_everybody_says() -> None:
    replayed = _read(LEAST + "modules:\n- {name: app, version: 1.10}\n")
    (app,) = replayed.recording.module_versions
    assert app == ModuleVersion(name="app", version=parse_version("1.10"), source="app.manifest.yaml")


def test_only_what_an_answer_depends_on_is_recorded() -> None:
    versions = [
        ModuleVersion(name="app", version=parse_version("1"), runtimes=(Requirement.parse_runtime("cuda>=12"),)),
        ModuleVersion(name="other", version=parse_version("1"), system_packages=("gcc",)),
    ]
    host = Host(
        gpus=(Gpu(name="Ada's card, serial 123", vendor="nvidia", vram=8),),
        runtimes=MappingProxyType({"cuda": parse_version("12.4"), "docker": parse_version("28")}),
        system_packages=frozenset({"gcc"}),
        interfaces=frozenset({"database"}),
    )
    notes = [
        RejectedManifest(module="app", version=None, place="app.yaml:1", reason="see /srv/ada/registry/app/2.yaml:3"),
        ShadowedModule(module="app", versions=(), registry="/srv/ada/later"),
    ]
    request = Request(requirements=(Requirement.parse("app"),))
    recording = record(MemorySource(versions, notes), host, request, directories=["/srv/ada/registry/"])
    assert recording.module_versions == (versions[0],)
    assert recording.host == Host(gpus=(Gpu(vram=8),), runtimes=MappingProxyType({"cuda": parse_version("12.4")}))
    assert [str(getattr(note, "reason", "")) for note in recording.notes] == ["see app/2.yaml:3", ""]
    assert "ada" not in replay_text(Replay(recording=recording)).lower()


def test_near_names_of_unknown_modules_are_recorded() -> None:
    known = [
        ModuleVersion(name=name, version=parse_version("1"), provides=("database",)) for name in ("torch", "numpy")
    ]
    request = Request(requirements=(Requirement.parse("torhc"), Requirement.parse("databse")))
    recording = record(MemorySource(known), Host(), request)
    assert (recording.module_versions, recording.names, recording.interfaces) == ((), ("torch",), ("database",))


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["case.yaml:1: this is not a replay file\n  hint: a replay file begins with las-solve-replay: 1"]),
        ("[1]", ["case.yaml:1: this is not a replay file\n  hint: a replay file begins with las-solve-replay: 1"]),
        (
            "las-solve-replay: 2\nrequests: 1\n",
            [
                "case.yaml:1: las-solve-replay: expected version 1 of the format, found '2'\n"
                "  hint: a newer las-solve reads it"
            ],
        ),
        (
            "las-solve-replay: one\n",
            [
                "case.yaml:1: las-solve-replay: expected version 1 of the format, found 'one'\n"
                "  hint: write las-solve-replay: 1"
            ],
        ),
        (
            "las-solve-replay: 1\nrequest: []\nmodule: []\n",
            [
                "case.yaml:2: request: nothing is requested\n  hint: name at least one module: request: [app]",
                "case.yaml:3: module: there is no such key\n  hint: did you mean modules?",
            ],
        ),
        (
            LEAST + "options:\n  strategy: best\n  prereleases: maybe\n  forced_modes: [x]\n",
            [
                "case.yaml:4: options.strategy: 'best' is none of newest, lowest, keep, upgrade",
                "case.yaml:5: options.prereleases: 'maybe' is not true or false",
                "case.yaml:6: options.forced_modes: expected a mapping, found a list\n"
                "  hint: write it like {key: value}",
            ],
        ),
        (
            LEAST + "host:\n  cpu:\n    cores: none\n",
            [
                "case.yaml:5: host.cpu.cores: 'none' is not a number of CPUs\n"
                "  hint: write a whole number from 1, like 16"
            ],
        ),
        (
            LEAST + "modules:\n- {name: app, version: 1}\n- name: app\n  version: 1.0\n- 7\n",
            [
                "case.yaml:5: modules[1]: app 1.0 is there twice\n  hint: keep one of them",
                "case.yaml:7: modules[2]: expected a manifest, found '7'\n"
                "  hint: write it like {name: app, version: 1.0}",
            ],
        ),
        (
            LEAST + "modules:\n- name: app\n  version: new\n  dependencies:\n    modules:\n    - lib\n    - lib@\n",
            [
                "case.yaml:5: modules[0].version: 'new' is not a PEP 440 version\n"
                "  hint: write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1",
                "case.yaml:9: modules[0].dependencies.modules[1]: nothing follows the '@' of 'lib@'\n"
                "  hint: leave out the '@' to admit every version",
            ],
        ),
        (
            LEAST + "installed:\n- {name: a, version: 1}\n- {name: a, version: 2}\n- 5\ndeprecated: [a, a@x]\n",
            [
                "case.yaml:5: installed[1]: a is there twice\n  hint: one version of a module can be installed",
                "case.yaml:6: installed[2]: expected a manifest, found '5'\n"
                "  hint: write it like {name: app, version: 1.0}",
                "case.yaml:7: deprecated[0]: 'a' names no version\n  hint: write it like app@1.0",
                "case.yaml:7: deprecated[1]: 'x' is not a PEP 440 version\n"
                "  hint: write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1",
            ],
        ),
        (
            LEAST + "options:\n  pinned: [a@]\n  locked: {a: x, b: ~}\n  allow_removal: 2\n",
            [
                "case.yaml:4: options.pinned[0]: nothing follows the '@' of 'a@'\n"
                "  hint: leave out the '@' to admit every version",
                "case.yaml:5: options.locked.a.version: 'x' is not a PEP 440 version\n"
                "  hint: write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1",
                "case.yaml:5: options.locked.b: its version is missing\n  hint: write {version: ...}",
                "case.yaml:6: options.allow_removal: '2' is not true or false",
            ],
        ),
        (
            LEAST + "rejected:\n- {module: app}\n",
            [
                "case.yaml:4: rejected[0]: its place is missing\n  hint: write {place: ...}",
                "case.yaml:4: rejected[0]: its reason is missing\n  hint: write {reason: ...}",
            ],
        ),
    ],
)
def test_mistakes_are_named_with_their_lines(text: str, problems: list[str]) -> None:
    assert _problems(text) == problems


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (LEAST + "about: " + "[" * 100_000, "nested more than 64 levels deep"),
        (LEAST + "modules: [" + "7," * 100_000 + "]", "expected a manifest, found '7'"),
        (LEAST + "names: [" + "'-'," * 100_000 + "]", "'-' is not a module name"),
        (LEAST + "".join(f"key{number}: 1\n" for number in range(100_000)), "there is no such key"),
        (LEAST + "---\n" + LEAST, "a second document begins here"),
        (b"\xff\xfe" + LEAST.encode("utf-16-le"), "UTF-16"),
    ],
)
def test_hostile_files_are_refused_briefly(text: str | bytes, part: str) -> None:
    problems = _problems(text)
    assert len(problems) <= 60
    assert any(part in problem for problem in problems)


def test_what_is_expected_is_renewed_in_place() -> None:
    text = "# One\nlas-solve-replay: 1 # two\nexpected: |\n  old\n\n  text\n# three\nrequest: [app]\n"
    renewed = with_expected(text, "new\n\n text\n")
    assert renewed == "# One\nlas-solve-replay: 1 # two\nexpected: |\n  new\n\n   text\n# three\nrequest: [app]\n"
    assert _read(renewed).expected == "new\n\n text\n"
    assert with_expected(LEAST.rstrip(), "new\n") == f"{LEAST}expected: |\n  new\n"
