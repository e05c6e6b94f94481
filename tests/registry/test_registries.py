"""Several registries: the first that has a name alone counts for it, unless the user maps the name to others.

Each test is an attack by whoever may write one of the registries, or a mistake that would let one in.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from manifests import listed, manifest_text, write_files

from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_registry.trust.configuration import read_configuration
from las_registry.trust.user_trust import UserTrust
from las_solver.constraint import parse_version
from las_solver.source import ShadowedModule


class Places:
    """Registries below one directory, what the user says of them, and what they come to."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.said = "registries: []"

    def write(self, name: str, *manifests: str) -> Path:
        """The registry called `name` with these manifests; ``"corp-app 1.0"`` is one that is right."""
        texts = [manifest_text(*one.split()) if one.count("\n") == 0 else one for one in manifests]
        return write_files(self.top / name, {f"{at}.manifest.yaml": text for at, text in enumerate(texts)})

    def say(self, **names: str) -> None:
        """Maps patterns, parted by spaces, to registries."""
        rows = [f"  - path: {self.top / name}\n    names: {texts.split()}\n" for name, texts in names.items()]
        self.said = "registries:\n" + "".join(rows)

    def user(self) -> UserTrust:
        path = self.top / "registries.yaml"
        return UserTrust(read_configuration(self.said.encode(), path), token=self.said)

    def open(self, *names: str) -> Registry:
        """The registries, by their indexes; fails unless all of their manifests come to the same."""
        directories = [self.top / name for name in names]
        opened = Registry.open(directories, user=self.user())
        loaded = Registry.load(directories, user=self.user())
        assert listed(opened) == listed(loaded)
        assert list(opened.interfaces()) == list(loaded.interfaces())
        assert opened.digest == loaded.digest
        return opened


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path)
    found.write("corp", "corp-app 1.0", "corp-app 1.2", "tool 1.0")
    found.write("public", "corp-app 99.0", "other 1.0", "tool 2.0")
    return found


def fates(registry: Registry, name: str) -> list[str]:
    return [one.fate for one in registry.offers(name)]


class TestTheFirstThatHasTheName:
    def test_a_higher_version_elsewhere_is_not_seen(self, places: Places) -> None:
        registry = places.open("corp", "public")
        assert listed(registry) == ["corp-app 1.2", "corp-app 1.0", "other 1.0", "tool 1.0"]
        assert registry.manifest("corp-app", parse_version("99.0")) is None
        assert fates(registry, "corp-app") == ["counts", "earlier"]
        assert fates(registry, "other") == ["absent", "counts"]

    def test_even_if_only_in_rejected_manifests(self, places: Places) -> None:
        places.write("corp", manifest_text("corp-app", "x"), manifest_text("corp-app", "1.2", "nonsense: 1\n"))
        registry = places.open("corp", "public")
        assert listed(registry) == ["other 1.0", "tool 1.0"]
        first, second = registry.offers("corp-app")
        assert (first.fate, first.is_there, first.versions, len(first.rejected)) == ("counts", True, (), 2)
        assert (second.fate, list(map(str, second.versions))) == ("earlier", ["99.0"])

    def test_names_that_differ_in_case_are_different_modules(self, places: Places) -> None:
        places.write("public", "Corp-App 99.0", "CORP-APP 99.0")
        registry = places.open("corp", "public")
        assert [str(one) for one in registry.versions("corp-app")] == ["corp-app 1.2", "corp-app 1.0"]

    def test_one_twice_by_a_link_and_by_its_path(self, places: Places) -> None:
        (places.top / "link").symlink_to(places.top / "corp")
        registry = places.open("link", "corp", "public")
        assert listed(registry) == ["corp-app 1.2", "corp-app 1.0", "other 1.0", "tool 1.0"]
        assert fates(registry, "corp-app") == ["counts", "earlier", "earlier"]

    def test_the_interfaces_of_what_does_not_count_do_not_either(self, places: Places) -> None:
        provides = "interfaces:\n  provides: [api]\n"
        places.write("public", manifest_text("corp-app", "99.0", provides), "other 1.0")
        registry = places.open("corp", "public")
        assert (list(registry.interfaces()), list(registry.providers("api"))) == ([], [])

    def test_the_newest_of_each(self, places: Places) -> None:
        places.write("public", "corp-app 99.0", "corp-app 100rc1", "beta 1rc2", "beta 1rc1")
        registry = places.open("corp", "public")
        assert [str(one.newest) for one in registry.offers("corp-app")] == ["1.2", "99.0"]
        assert [str(one.newest) for one in registry.offers("beta")] == ["None", "1rc2"]


class TestNamesThatTheUserMaps:
    @pytest.mark.parametrize("order", [("public", "corp"), ("corp", "public")])
    def test_the_order_does_not_matter(self, places: Places, order: Sequence[str]) -> None:
        places.say(corp="corp-*")
        registry = places.open(*order)
        assert [str(one) for one in registry.versions("corp-app")] == ["corp-app 1.2", "corp-app 1.0"]
        assert sorted(fates(registry, "corp-app")) == ["counts", "rule"]

    def test_of_two_that_may_the_first_counts(self, places: Places) -> None:
        places.say(corp="corp-*", public="corp-* tool")
        registry = places.open("public", "corp")
        assert listed(registry) == ["corp-app 99.0", "other 1.0", "tool 2.0"]

    def test_a_narrower_pattern_takes_a_name_away(self, places: Places) -> None:
        places.say(corp="corp-*", public="corp-app")
        registry = places.open("corp", "public")
        assert [str(one) for one in registry.versions("corp-app")] == ["corp-app 99.0"]

    def test_all_names(self, places: Places) -> None:
        places.say(corp="*", public="other")
        assert listed(places.open("public", "corp")) == ["corp-app 1.2", "corp-app 1.0", "other 1.0", "tool 1.0"]

    def test_a_module_that_is_withdrawn_is_replaced_by_nothing(self, places: Places) -> None:
        places.say(corp="corp-*")
        (places.top / "corp" / "0.manifest.yaml").unlink()
        (places.top / "corp" / "1.manifest.yaml").unlink()
        registry = places.open("corp", "public")
        assert listed(registry) == ["other 1.0", "tool 1.0"]
        assert list(registry.notes("corp-app")) == [
            ShadowedModule(
                module="corp-app",
                versions=(parse_version("99.0"),),
                registry=str(places.top / "public"),
                rule="corp-*",
            )
        ]

    def test_what_is_torn_beyond_its_name_is_replaced_by_nothing(self, places: Places) -> None:
        """Of a manifest that is no YAML the name is not known: a later registry would step in, but for the rule."""
        write_files(places.top / "corp", {f"{at}.manifest.yaml": "name: [corp-app\n" for at in (0, 1)})
        assert "corp-app 99.0" in listed(places.open("corp", "public"))
        places.say(corp="corp-*")
        assert "corp-app 99.0" not in listed(places.open("corp", "public"))

    def test_a_registry_that_is_not_named_is_replaced_by_nothing(self, places: Places) -> None:
        places.say(corp="corp-*")
        registry = places.open("public")
        assert listed(registry) == ["other 1.0", "tool 2.0"]
        assert fates(registry, "corp-app") == ["rule"]
        assert registry.rejected("corp-app") == ()

    def test_nor_by_its_rejected_manifests(self, places: Places) -> None:
        places.say(corp="corp-*")
        places.write("public", manifest_text("corp-app", "x"), "tool 2.0", "other 1.0")
        registry = places.open("public", "corp")
        assert [str(one) for one in registry.versions("corp-app")] == ["corp-app 1.2", "corp-app 1.0"]
        assert registry.rejected("corp-app") == ()

    def test_by_a_link(self, places: Places) -> None:
        (places.top / "link").symlink_to(places.top / "corp")
        places.say(link="corp-*")
        for name in ("link", "corp", "public/../corp"):
            assert fates(places.open("public", name), "corp-app") == ["rule", "counts"]

    def test_a_copy_of_a_registry_is_another(self, places: Places) -> None:
        places.say(corp="corp-*")
        places.write("copy", "corp-app 5.0", "more 1.0")
        assert fates(places.open("copy", "corp"), "corp-app") == ["rule", "counts"]

    def test_a_registry_inside_another_is_another(self, places: Places) -> None:
        """Nor does it get a name by being part of a registry that has it."""
        places.write("corp/inner", "corp-app 7.0", "inner 1.0")
        places.say(corp="corp-*")
        assert fates(places.open("corp/inner", "corp"), "corp-app") == ["rule", "counts"]
        places.say(**{"corp/inner": "corp-*"})
        registry = places.open("corp", "corp/inner")
        assert [str(one) for one in registry.versions("corp-app")] == ["corp-app 7.0"]

    def test_names_that_differ_in_case_are_not_mapped(self, places: Places) -> None:
        places.write("public", "Corp-App 99.0")
        places.say(corp="corp-*")
        registry = places.open("corp", "public")
        assert fates(registry, "Corp-App") == ["absent", "counts"]

    def test_providers_come_from_where_their_names_do(self, places: Places) -> None:
        provides = "interfaces:\n  provides: [api]\n"
        places.write("public", manifest_text("corp-evil", "1.0", provides), manifest_text("free", "1.0", provides))
        places.say(corp="corp-*")
        assert list(places.open("corp", "public").providers("api")) == ["free"]

    def test_nothing_is_left(self, places: Places) -> None:
        places.say(corp="*")
        with pytest.raises(RegistryUnusable, match=r"lets no module come(.|\n)*registries\.yaml:\d+ maps \S+, for one"):
            places.open("public")

    def test_another_word_is_heard_at_once(self, places: Places) -> None:
        """No verdict of before is kept in an index."""
        for said, wanted in [("corp-*", "1.2"), ("none-*", "99.0"), ("corp-app", "1.2")]:
            places.say(corp=said)
            assert str(places.open("public", "corp").versions("corp-app")[0].version) == wanted
