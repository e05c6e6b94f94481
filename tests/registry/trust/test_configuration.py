"""``registries.yaml``: what a user says of registries, and every mistake in it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.problem import InvalidFile
from las_registry.registry import default_directories
from las_registry.trust import configuration_reading
from las_registry.trust.configuration import (
    Configuration,
    Entry,
    read_configuration,
)
from las_registry.trust.policy import DEFAULT_POLICY, KeyRule, NamePattern, Policy
from las_registry.trust.user_trust import UserTrust

FILE = Path("/settings/registries.yaml")
ONE, TWO = "1f" * 32, "ab" * 32
PATTERNS = ("*", "a*", "ab*", "aba*", "abb*", "b*", "a", "ab", "aba", "b", "bab")
ALL = f"""\
default: {{unsigned: warn, links: follow}}
registries:
  - path: /srv/corp            # ours
    unsigned: refuse
    list: require
    links: inside
    keys: [{ONE}, {{key: {TWO.upper()}, names: [corp-*]}}]
    names: [corp-*, internal-tool]
  - path: catalog
    names:
      - "*"
  - {{path: /srv/more, x-note: whatever}}
"""


def read(text: str | bytes) -> Configuration:
    return read_configuration(text.encode() if isinstance(text, str) else text, FILE)


def registries_of(configuration: Configuration, name: str) -> frozenset[str] | None:
    """The registries that alone may provide the module called `name`, None if all may."""
    rule = configuration.rule_of(name)
    return None if rule is None else rule.registries


def problems(text: str | bytes) -> list[str]:
    """What is wrong with a file, a line each, without the name of the file; fails if nothing is."""
    with pytest.raises(InvalidFile) as caught:
        read(text)
    told = [str(one).partition("\n")[0] for one in caught.value.problems]
    return [one.removeprefix(f"{FILE}:") for one in told]


class TestWhatIsSaid:
    def test_policies(self) -> None:
        found = read(ALL)
        assert found.policy_of(Path("/srv/corp")) == Policy(
            unsigned="refuse",
            list_rule="require",
            links="inside",
            keys=(KeyRule(ONE), KeyRule(TWO, (NamePattern("corp-*"),))),
            names=(NamePattern("corp-*"), NamePattern("internal-tool")),
        )
        assert found.policy_of(default_directories()[0]).names == (NamePattern("*"),)
        assert found.policy_of(Path("/srv/other")) == Policy(unsigned="warn", links="follow")

    def test_what_an_entry_leaves_open_is_as_the_default_has_it(self) -> None:
        assert read(ALL).policy_of(Path("/srv/more")) == Policy(unsigned="warn", links="follow")

    def test_without_a_default_it_is_as_without_a_file(self) -> None:
        found = read("registries: []")
        assert found.policy_of(Path("/srv/more")) == DEFAULT_POLICY
        assert registries_of(found, "corp-app") is None

    def test_where_it_says_so(self) -> None:
        found = read(ALL)
        assert [(one.line, one.name_lines) for one in found.entries] == [(3, (8, 8)), (9, (11,)), (12, ())]
        rule = found.rule_of("corp-app")
        assert rule is not None and (rule.pattern.text, rule.lines) == ("corp-*", (8,))

    def test_it_goes_to_other_processes(self) -> None:
        found = pickle.loads(pickle.dumps(read(ALL)))
        assert registries_of(found, "corp-app") == {"/srv/corp"}
        assert found.policy_of(Path("/srv/corp")).unsigned == "refuse"


def test_the_example_of_the_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "registries.md").read_text()
    found = read(page.partition("```yaml\n")[2].partition("```")[0])
    assert registries_of(found, "corp-app") == registries_of(found, "internal-tool") == {"/srv/corp"}
    assert registries_of(found, "app") == {str(default_directories()[0])}
    assert found.policy_of(Path("/srv/corp")).list_rule == "require"
    assert found.policy_of(default_directories()[0]).unsigned == "warn"


class TestDirectories:
    def test_links_and_dots_do_not_matter(self, tmp_path: Path) -> None:
        (tmp_path / "corp" / "inner").mkdir(parents=True)
        (tmp_path / "link").symlink_to(tmp_path / "corp")
        found = read(f"registries: [{{path: {tmp_path}/link, unsigned: refuse}}]")
        for one in ("corp", "link", "corp/", "corp/inner/..", "link/../corp"):
            assert found.policy_of(tmp_path / one).unsigned == "refuse", one

    def test_one_inside_another_is_another(self, tmp_path: Path) -> None:
        found = read(f"registries: [{{path: {tmp_path}/corp, unsigned: refuse, names: ['*']}}]")
        assert found.policy_of(tmp_path / "corp" / "inner").unsigned == "accept"
        assert found.policy_of(tmp_path).unsigned == "accept"
        assert registries_of(found, "app") == {str(tmp_path / "corp")}

    def test_below_the_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        assert read("registries: [{path: ~/mine, unsigned: warn}]").policy_of(tmp_path / "mine").unsigned == "warn"

    def test_without_a_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was kept while there was one is not taken for a path below the working directory."""
        text = "registries: [{path: ~/mine, unsigned: refuse}]"
        for name in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(name, str(tmp_path))
        read(text)
        monkeypatch.chdir(tmp_path)
        for name in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(name, "home")
        assert problems(text) == ["1: registries[0].path: '~/mine' is not an absolute path"]

    def test_a_name_that_no_directory_can_have(self) -> None:
        assert read("default: {unsigned: refuse}").policy_of(Path("a\0b")).unsigned == "refuse"

    def test_one_twice(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "corp")
        text = f"registries:\n- path: {tmp_path}/corp\n- {{path: /x}}\n- path: {tmp_path}/link\n"
        assert problems(text) == [
            f"4: registries[2].path: {tmp_path}/link is the same directory as {tmp_path}/corp on line 2"
        ]

    def test_one_twice_since_a_link_was_changed(self, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "other")
        text = f"registries:\n- path: {tmp_path}/corp\n- path: {link}\n"
        read(text)
        link.unlink()
        link.symlink_to(tmp_path / "corp")
        assert problems(text)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "registries"),
        [
            ("corp-app", {"/corp", "/more"}),
            ("corp-", {"/corp", "/more"}),
            ("corp-secret", {"/vault"}),
            ("corp-secret-2", {"/corp", "/more"}),
            ("corp-db-main", {"/db"}),
            ("corp", None),
            ("CORP-app", None),
            ("Corp-secret", None),
            ("acorp-app", None),
            ("", None),
        ],
    )
    def test_the_narrowest_pattern_counts(self, name: str, registries: set[str] | None) -> None:
        found = read(
            "registries:\n"
            "- {path: /corp, names: [corp-*]}\n"
            "- {path: /more, names: [corp-*]}\n"
            "- {path: /db, names: [corp-db-*]}\n"
            "- {path: /vault, names: [corp-secret]}\n"
        )
        assert registries_of(found, name) == registries

    def test_all_names(self) -> None:
        found = read("registries: [{path: /corp, names: [corp-*]}, {path: /public, names: ['*']}]")
        assert (registries_of(found, "corp-app"), registries_of(found, "app")) == ({"/corp"}, {"/public"})

    @given(
        st.lists(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3, unique=True), max_size=4),
        st.text("ab", min_size=1, max_size=4),
    )
    def test_as_the_ranks_of_patterns_have_it(self, several: list[list[str]], name: str) -> None:
        """Of all patterns that match, those of the highest rank count, and nothing else."""
        entries = [_entry(f"/{at}", names) for at, names in enumerate(several)]
        matching = [(NamePattern(text), f"/{at}") for at, names in enumerate(several) for text in names]
        matching = [(pattern, place) for pattern, place in matching if pattern.matches(name)]
        best = max((pattern.rank() for pattern, _ in matching), default=None)
        wanted = {place for pattern, place in matching if pattern.rank() == best}
        assert registries_of(Configuration("registries.yaml", entries), name) == (wanted or None)


def _entry(path: str, names: Sequence[str]) -> Entry:
    policy = Policy(names=tuple(map(NamePattern, names)))
    return Entry(path=path, line=1, policy=policy, name_lines=(1,) * len(names))


class TestMistakes:
    def test_all_at_once(self) -> None:
        assert problems(
            "default: {unsigned: wran, names: [a]}\n"
            "registries:\n"
            "  - path: srv/corp\n"
            "    list:\n"
            "    keys: [abc, {names: [a*]}, [], {key: 1}]\n"
            "    names: ['', c*p, -*, '**', a b, a*, 7]\n"
            "  - {path: catalog, nmes: [a], keys: [], names: []}\n"
            "  - /srv/more\n"
            "  - unsigned: [refuse]\n"
        ) == [
            "1: default.names: there is no such key",
            "1: default.unsigned: 'wran' is none of accept, warn, refuse",
            "3: registries[0].path: 'srv/corp' is not an absolute path",
            "4: registries[0].list: expected a value, found nothing",
            "5: registries[0].keys[0]: 'abc' is not the id of a key",
            "5: registries[0].keys[1]: its key is missing",
            "5: registries[0].keys[2]: expected a key, found a list",
            "5: registries[0].keys[3].key: '1' is not the id of a key",
            "6: registries[0].names[0]: the pattern is empty",
            "6: registries[0].names[1]: 'c*p' has a * that is not at its end",
            "6: registries[0].names[2]: '-*' matches no name that a module can have",
            "6: registries[0].names[3]: '**' has a * that is not at its end",
            "6: registries[0].names[4]: 'a b' matches no name that a module can have",
            "7: registries[1].nmes: there is no such key",
            "7: registries[1].names: no name is named",
            "7: registries[1].keys: no key counts",
            "8: registries[2]: expected a registry, found '/srv/more'",
            "9: registries[3]: its path is missing",
            "9: registries[3].unsigned: expected a text, found a list",
        ]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "1: the file is empty"),
            ("# nothing\n", "1: the file is empty"),
            ("registries:\n", "1: registries: expected a value, found nothing"),
            ("registries: {path: /srv}", "1: registries: expected a list, found a mapping"),
            ("[]", "1: expected a mapping, found a list"),
            ("policy: {}", "1: policy: there is no such key"),
            (f"default: {{keys: [{ONE}, {ONE.upper()}]}}", "1: default.keys[1]: the key stands there twice"),
            (f"default: {{keys: [{ONE}0]}}", f"1: default.keys[0]: '{ONE}0' is not the id of a key"),
            ("registries: [null]", "1: registries[0]: expected a registry, found nothing"),
            ('registries: [{path: "/a\\0b"}]', "1: registries[0].path: '/a\\x00b' is not a path"),
            ("registries: [{path: ''}]", "1: registries[0].path: '' is not an absolute path"),
            ("registries: [{path: /a, path: /b}]", "1: registries[0].path: the key is there twice"),
            (b"\xff\xfe", "1: the file is UTF-16 or UTF-32, not UTF-8"),
        ],
    )
    def test_one(self, text: str | bytes, told: str) -> None:
        assert problems(text)[0] == told

    @pytest.mark.parametrize("names", ["[*]", "[a, *]", "\n    - *\n", "[ * ]"])
    def test_a_star_that_is_not_quoted(self, names: str) -> None:
        with pytest.raises(InvalidFile) as caught:
            read(f"registries:\n  - path: /srv\n    names: {names}")
        assert "hint: quote a * that stands alone" in str(caught.value)

    def test_many_mistakes_end_the_reading(self) -> None:
        assert (
            len(problems(f"registries: [{', '.join(['{path: x, names: [*y, **]}'.replace('*y', 'y y')] * 5000)}]")) < 60
        )

    def test_nothing_draws_on_the_terminal(self) -> None:
        with pytest.raises(InvalidFile) as caught:
            read('registries: [{path: "/\\e[2J", "\\e[2J": 1}, {path: "/\\e[2J"}]')
        assert "\x1b" not in str(caught.value)


class TestKept:
    def test_it_is_not_parsed_again(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path))
        first = read(ALL)
        monkeypatch.setattr(configuration_reading, "parse_configuration", lambda data, file: pytest.fail("parsed"))
        again = read(ALL)
        assert (again.default, again.entries) == (first.default, first.entries)
        assert registries_of(again, "corp-app") == {"/srv/corp"}

    def test_one_with_another_byte_is_another(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path))
        assert read("default: {unsigned: refuse}").default.unsigned == "refuse"
        assert read("default: {unsigned: accept}").default.unsigned == "accept"

    def test_mistakes_are_not_kept(self) -> None:
        for _ in range(2):
            assert problems("default: {unsigned: no}") == ["1: default.unsigned: 'no' is none of accept, warn, refuse"]

    def test_what_is_damaged_is_parsed_again(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path))
        for value in (b"[]", b"", b'00000000\n{"format": 1}'):
            read(ALL)
            (tmp_path / "registries.json").write_bytes(value)
            assert read(ALL).policy_of(Path("/srv/corp")).unsigned == "refuse"


class TestTheUsersFile:
    @pytest.fixture
    def path(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path))
        tmp_path.chmod(0o700)
        return tmp_path / "registries.yaml"

    def test_there_is_none(self, path: Path) -> None:
        assert UserTrust.read().configuration is None

    def test_there_are_no_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LAS_SOLVE_CONFIG", "")
        assert UserTrust.read().configuration is None

    def test_there_is_one(self, path: Path) -> None:
        path.write_text(ALL)
        path.chmod(0o600)
        found = UserTrust.read().configuration
        assert found is not None and found.policy_of(Path("/srv/corp")).unsigned == "refuse"

    @pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no such permissions here")
    def test_others_may_write_it(self, path: Path) -> None:
        path.write_text(ALL)
        path.chmod(0o666)
        with pytest.raises(InvalidFile, match="others may write the file"):
            UserTrust.read()

    def test_it_is_too_long(self, path: Path) -> None:
        path.write_text("#" * (1 << 20) + "\n")
        path.chmod(0o600)
        with pytest.raises(InvalidFile, match="larger than 1024 KiB"):
            UserTrust.read()
