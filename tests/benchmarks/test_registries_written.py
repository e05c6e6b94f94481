"""Written registries are accepted without a mistake, and say what the generator says; trees and indexes agree."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from benchmarks.problems import ProblemMissing, load_problem
from benchmarks.problems.problem import corpus_folder
from benchmarks.registries import HOST, Layout, Spec, generate, module_versions, request, write_tree
from benchmarks.registries.__main__ import main
from benchmarks.registries.extracts import extracts, write_index
from benchmarks.registries.gems import GEM_REQUESTS, SLICES, load_slice, modules_of

from las_registry.compiled.extract import extract
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.table import Table
from las_registry.registry import Registry
from las_solver.document import plan_document
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource, Source

SPEC = Spec(versions=3000, closures=(50,), contradictions=(50,))


def digest(folder: Path) -> str:
    """A digest over the names and bytes of all files of a tree."""
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()


def opened(index: Path) -> Registry:
    def recover() -> Table:
        raise AssertionError("the index is damaged")

    return Registry([CompiledShelf(Table.open(index, ""), index.parent, recover)])


def answer(source: Source) -> str:
    """The plan of the planted request, as JSON."""
    plan = Planner(source, HOST).plan(request(SPEC, 50))
    assert isinstance(plan, Plan)
    return json.dumps(plan_document(plan))


@pytest.mark.parametrize("layout", Layout)
def test_a_tree_is_accepted_and_says_what_the_generator_says(tmp_path: Path, layout: Layout) -> None:
    write_tree(generate(SPEC), tmp_path / "tree", layout)
    registry = Registry.load([tmp_path / "tree"])
    assert registry.problems == ()
    for module in generate(SPEC):
        manifests = [registry.manifest(module.name, one.version) for one in module_versions(module)]
        assert [extract(one) for one in manifests if one is not None] == list(extracts(module, layout))
        if layout is Layout.FOLDERS:
            assert list(registry.versions(module.name))[::-1] == list(module_versions(module))
    assert sum(len(registry.versions(name)) for name in registry.names()) == SPEC.versions


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_tree(generate(Spec(versions=300, seed=seed)), tmp_path / folder)
    assert digest(tmp_path / "one") == digest(tmp_path / "again") != digest(tmp_path / "other")


def test_what_is_there_is_not_overwritten_and_what_fails_leaves_nothing(tmp_path: Path) -> None:
    for write in (write_tree, write_index):
        place = tmp_path / write.__name__
        with pytest.raises(ValueError, match="have more than 100 versions"):
            write(generate(Spec(versions=100, closures=(50,))), place)
        assert not place.exists()
        write(generate(Spec(versions=100)), place)
        with pytest.raises(FileExistsError):
            write(generate(Spec(versions=100)), place)


def test_tree_index_and_memory_give_the_same_plan(tmp_path: Path) -> None:
    write_tree(generate(SPEC), tmp_path / "tree")
    write_index(generate(SPEC), tmp_path / "index")
    tree, index = Registry.load([tmp_path / "tree"]), opened(tmp_path / "index")
    memory = MemorySource(one for module in generate(SPEC) for one in module_versions(module))
    assert answer(memory) == answer(tree) == answer(index)
    assert tree.digest == index.digest


def test_the_command_writes_both_and_says_what_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree, index, profile = tmp_path / "new" / "tree", tmp_path / "index", tmp_path / "profile.yaml"
    arguments = ["--versions", "2500", "--contradiction", "50", "--tree", str(tree), "--index", str(index)]
    assert main([*arguments, "--profile", str(profile)]) == 0
    told = capsys.readouterr()
    spec = Spec(versions=2500, closures=(50,), contradictions=(50,))
    wanted = " ".join(map(str, request(spec, 50).requirements))
    assert told.out.splitlines()[0] == f"closure of 50: {wanted}"
    assert told.out.splitlines()[1].startswith("contradiction of 50: x50-")
    assert "2,500 versions" in told.err
    assert sum(1 for _ in tree.rglob("manifest.yaml")) == len(set(opened(index).names()))
    assert 'cuda: "12.4"' in profile.read_text(encoding="utf-8")
    assert main(arguments) == 2
    assert "exists" in capsys.readouterr().err


def test_a_command_that_does_not_say_where_to_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--versions", "10"])
    assert "--tree DIR, --index FILE" in capsys.readouterr().err


@pytest.fixture
def corpus() -> Path:
    folder = corpus_folder()
    if not all((folder / "rubygems" / f"{name}.json").is_file() for name in SLICES):
        pytest.skip("the corpus is not there")
    return folder


@pytest.mark.parametrize("name", SLICES)
def test_gems_are_accepted_as_they_are(corpus: Path, tmp_path: Path, name: str) -> None:
    gems = load_slice(corpus, name)
    write_tree(modules_of(gems), tmp_path / "tree")
    registry = Registry.load([tmp_path / "tree"])
    assert registry.problems == ()
    memory = MemorySource(gems.module_versions)
    assert sorted(registry.names()) == sorted(memory.names())
    for gem in memory.names():
        mine, theirs = memory.versions(gem), registry.versions(gem)
        assert [(one.version, one.requirements) for one in mine] == [(one.version, one.requirements) for one in theirs]


@pytest.mark.parametrize("name", GEM_REQUESTS)
def test_what_is_asked_of_gems_has_an_answer(corpus: Path, name: str) -> None:
    problem = load_problem(name)
    plan = Planner(MemorySource(problem.module_versions), problem.host).plan(problem.request, held_back=False)
    assert isinstance(plan, Plan)
    assert len(plan.steps) > 10


def test_without_the_corpus_gems_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CORPUS", str(tmp_path))
    with pytest.raises(ProblemMissing, match="there is no rubygems/"):
        load_problem("gems-rails")
    assert main(["--gems", SLICES[0], "--tree", str(tmp_path / "tree")]) == 2
