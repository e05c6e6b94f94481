"""Section 2: versions, constraints and requirements."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from las_solver.constraint import ANY, Constraint, Requirement, check_name, parse_version
from las_solver.errors import InvalidConstraint, InvalidInput, LasSolveError

RELEASES = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
VERSIONS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(("", "", "", "1!")),
    RELEASES,
    st.sampled_from(("", "", "a1", "b2", "rc1", "rc2")),
    st.sampled_from(("", "", ".post1")),
    st.sampled_from(("", "", ".dev3")),
)
LOCAL_VERSIONS = st.builds("{}{}".format, VERSIONS, st.sampled_from(("", "", "+cu121", "+cpu.1")))
SPECIFIERS = st.one_of(
    st.builds("{}{}".format, st.sampled_from((">=", "<=", ">", "<", "==", "!=")), VERSIONS),
    st.builds("{}{}.*".format, st.sampled_from(("==", "!=")), RELEASES),
    st.builds("~={}.{}".format, st.integers(0, 9), RELEASES),
)
SPECIFIER_SETS = st.lists(SPECIFIERS, min_size=1, max_size=4)
FINAL_VERSIONS = st.builds(
    "{}{}".format,
    st.sampled_from(("", "", "", "1!")),
    st.lists(st.integers(0, 2), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts))),
)
FINAL_SPECIFIERS = st.one_of(
    st.builds("{}{}".format, st.sampled_from((">=", "<=", ">", "<", "==", "!=")), FINAL_VERSIONS),
    st.builds("{}{}.*".format, st.sampled_from(("==", "!=")), FINAL_VERSIONS),
    st.builds("~={}.{}".format, FINAL_VERSIONS, st.integers(0, 2)),
)
NEAR_VERSIONS = st.builds(
    "{}{}{}{}{}".format,
    FINAL_VERSIONS,
    st.sampled_from(("", "", "a1", "rc1")),
    st.sampled_from(("", "", ".post1")),
    st.sampled_from(("", "", ".dev3")),
    st.sampled_from(("", "", "+cpu")),
)
SPELLINGS = st.builds(
    "{}{}{}{}{}{}{}".format,
    st.sampled_from(("", "", "v", " ")),
    st.sampled_from(("", "", "1!", "01!")),
    st.sampled_from(("1", "1.0", "01.2", "1.", "1..2", "1.2.3", "\u0663.1")),
    st.sampled_from(("", "", "a1", ".RC1", "-beta.2", "c", "x")),
    st.sampled_from(("", "", ".post1", "-1", "r2", ".post")),
    st.sampled_from(("", "", ".dev1", "dev")),
    st.sampled_from(("", "", ".*", "+local.1", "+", " ")),
)


def refused(text: str) -> InvalidConstraint:
    with pytest.raises(InvalidConstraint) as caught:
        Constraint.parse(text)
    assert isinstance(caught.value, InvalidInput)
    assert isinstance(caught.value, LasSolveError)
    return caught.value


def test_section_2_versions_order_by_pep_440() -> None:
    texts = ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1.10", "1!0.1"]
    versions = [parse_version(text) for text in texts]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)


def test_section_2_1_0_and_1_0_0_are_the_same_version() -> None:
    assert parse_version("1.0") == parse_version("1.0.0")


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "1.x", "1..2", "1.0-", "1.0 2", "9" * 1001, "1." * 500_000, "1" * 10**6]
)
def test_section_2_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidConstraint, match="is not a PEP 440 version") as caught:
        parse_version(text)
    assert len(str(caught.value)) < 300
    assert caught.value.hint == "write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1"


@pytest.mark.parametrize(
    ("text", "admitted", "not_admitted"),
    [
        (">=1.2,<2", "1.2 1.9.9 1.3rc1", "1.1 2 2.0.1 1.2rc1"),
        ("~=1.4", "1.4 1.9", "1.3 2.0"),
        ("~=1.4.2", "1.4.2 1.4.9", "1.4.1 1.5"),
        ("!=1.5", "1.4 1.5.1 1.5rc1", "1.5 1.5.0"),
        ("==1.4.*", "1.4 1.4.7 1.4rc1", "1.3 1.5 1.40"),
        ("!=1.4.*", "1.5", "1.4 1.4.2"),
        (">1", "1.0.1 2", "1 1.0.post1"),
        ("<2", "1.9", "2 2rc1 2a1.dev0"),
        ("1.4", "1.4 1.4.0 1.4+local", "1.4.1 1.4rc1"),
        ("=1.4", "1.4", "1.5"),
        ("= 1.4", "1.4", "1.5"),
        ("==1.4+cu121", "1.4+cu121", "1.4 1.4+cpu"),
        ("1.4.*", "1.4.9", "1.5"),
        (">=1.0rc1", "1.0rc1 1.0", "1.0b1"),
        ("1!2", "1!2", "2"),
    ],
)
def test_section_2_a_constraint_is_a_specifier_set_or_a_bare_version(
    text: str, admitted: str, not_admitted: str
) -> None:
    constraint = Constraint.parse(text)
    assert all(constraint.admits(Version(one)) for one in admitted.split())
    assert not any(constraint.admits(Version(one)) for one in not_admitted.split())


@given(SPECIFIER_SETS, LOCAL_VERSIONS)
@example([">=1.0"], "1.0rc1")
@example(["<2"], "2.dev3")
@example(["==1.0"], "1.0+cpu.1")
def test_section_2_admits_what_packaging_admits_with_prereleases_counted_in(
    specifiers: list[str], version: str
) -> None:
    text = ",".join(specifiers)
    expected = SpecifierSet(text).contains(Version(version), prereleases=True)
    constraint = Constraint.parse(text)
    assert constraint.admits(Version(version)) is expected
    assert constraint.text == str(constraint) == text
    assert Constraint.parse(str(constraint)) == constraint


@given(st.lists(FINAL_SPECIFIERS, min_size=1, max_size=3), NEAR_VERSIONS)
@example(["~=1.0.0"], "1")
@example(["==1.0.*"], "1rc1")
@example(["!=1!1.*"], "1")
@example([">1"], "1.0.post1")
@example([">1"], "1.0+cpu")
@example(["<1"], "1.0rc1")
@example(["<=1"], "1.0+cpu")
@example(["==1"], "1.0+cpu")
@example(["~=1.0"], "1.0+cpu")
def test_section_2_specifiers_that_name_final_versions_admit_what_packaging_says(
    specifiers: list[str], version: str
) -> None:
    text = ",".join(specifiers)
    expected = SpecifierSet(text).contains(Version(version), prereleases=True)
    assert Constraint.parse(text).admits(Version(version)) is expected


@given(st.sampled_from((">=", "<=", ">", "<", "==", "!=", "~=")), SPELLINGS)
def test_section_2_a_spelling_is_accepted_if_packaging_accepts_it(operator: str, version: str) -> None:
    try:
        expected = SpecifierSet(operator + version)
        Version(version.strip().removesuffix(".*"))
    except (InvalidSpecifier, InvalidVersion):
        refused(operator + version)
    else:
        assert Constraint.parse(operator + version).specifiers == expected


@given(VERSIONS)
def test_section_2_a_bare_version_and_a_single_equals_sign_mean_two(version: str) -> None:
    assert Constraint.parse(version) == Constraint.parse("=" + version) == Constraint.parse("==" + version)


@given(SPECIFIER_SETS | st.lists(SPELLINGS.map("=={}".format), min_size=1, max_size=2))
def test_a_constraint_can_be_made_of_its_text_again(parts: list[str]) -> None:
    try:
        parsed = Constraint.parse(", ".join(parts))
    except InvalidConstraint:
        return
    again = Constraint.of_text(parsed.text)
    assert (again.text, again.parts, again.is_final) == (parsed.text, parsed.parts, parsed.is_final)


def test_the_text_of_any_version_stands_for_any_version() -> None:
    any_version = Constraint.of_text(ANY.text)
    assert (any_version.text, any_version.parts, any_version.is_final) == (ANY.text, ANY.parts, ANY.is_final)


@given(SPECIFIER_SETS)
def test_section_2_a_constraint_names_a_prerelease_with_any_operator_but_not_equal(specifiers: list[str]) -> None:
    named = [one for one in specifiers if not one.startswith("!=")]
    expected = any(Version(one.lstrip("~=<>").removesuffix(".*")).is_prerelease for one in named)
    assert Constraint.parse(",".join(specifiers)).names_prerelease is expected


@pytest.mark.parametrize(
    ("text", "names"), [("!=1.0rc1", False), ("<1.0rc1", True), ("1.0.dev1", True), (">=1", False)]
)
def test_section_2_examples_of_naming_a_prerelease(text: str, names: bool) -> None:
    assert Constraint.parse(text).names_prerelease is names


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("===1.4", "write ==1.4"),
        ("===1.4rc1", "write ==1.4rc1"),
        ("^1.2", "write >=1.2,<2"),
        ("^1.2.3", "write >=1.2.3,<2"),
        ("^0.2.3", "write >=0.2.3,<0.3"),
        ("^0.0.3", "write >=0.0.3,<0.0.4"),
        ("^0", "write >=0,<1"),
        ("^ v1.2", "write >=1.2,<2"),
        ("~1.2", "write >=1.2,<1.3"),
        ("~1.2.3", "write ~=1.2.3"),
        ("~1", "write >=1,<2"),
        ("~>1.2.3", "write ~=1.2.3"),
        ("~>2", "write >=2,<3"),
        ("~=2", "write >=2,<3"),
        ("1.2 || 2", "there is no 'or': write one range, with != for the versions to leave out"),
        (">=1.2||>=3", "there is no 'or': write one range, with != for the versions to leave out"),
        ("=>1.2", "write >=1.2"),
        ("=<1.2", "write <=1.2"),
        ("<>1.2", "write !=1.2"),
        ("!1.2", "write !=1.2"),
        ("1.2.x", "write ==1.2.*"),
        ("1.x.x", "write ==1.*"),
        (">=1.2.*", "write >=1.2"),
        ("*", "leave out the constraint to admit every version"),
        ("latest", "leave out the constraint to admit every version"),
        (">=1.2 <2", "separate specifiers by commas: write >=1.2,<2"),
        ("1.2 - 2.0", "write >=1.2,<=2.0"),
        (">=1,,<2", "separate specifiers by single commas"),
        (">=1,", "separate specifiers by single commas"),
        ("", "leave out the '@' to admit every version"),
    ],
)
def test_section_2_a_refused_spelling_names_the_right_one(text: str, hint: str) -> None:
    assert refused(text).hint == hint


@pytest.mark.parametrize("text", ["^1.2", "~1.2", "===1.0", "~>1.2.3", "=>2", "<>1", "1.2.x", ">=1 <2", "1.2 - 2.0"])
def test_section_2_the_spelling_of_a_hint_is_itself_accepted(text: str) -> None:
    hint = refused(text).hint or ""
    Constraint.parse(hint.rpartition("write ")[2])


@pytest.mark.parametrize(
    "text", ["abc", "==1.*.2", ">=", "1.0;x", "===x", "\x1b[1m", ">=1.0+local", "≥1.2", "x" * 10**6]
)
def test_section_2_nonsense_is_refused_in_a_bounded_message(text: str) -> None:
    error = refused(text)
    assert error.hint
    assert len(str(error)) < 400
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    ("text", "name", "constraint"),
    [
        ("torch", "torch", ""),
        ("torch@2.1", "torch", "==2.1"),
        ("torch@>=2.1,<3", "torch", ">=2.1,<3"),
        (" torch @ >= 2.1 , < 3 ", "torch", ">=2.1,<3"),
        ("llama.cpp@=1", "llama.cpp", "==1"),
        ("g++", "g++", ""),
        ("C3_x-y.z@!=1", "C3_x-y.z", "!=1"),
    ],
)
def test_section_2_name_at_constraint_splits_at_the_first_at(text: str, name: str, constraint: str) -> None:
    requirement = Requirement.parse(text)
    assert (requirement.name, requirement.constraint.text) == (name, constraint)
    assert Requirement.parse(str(requirement)) == requirement


def test_section_2_a_second_at_is_part_of_the_constraint() -> None:
    with pytest.raises(InvalidConstraint, match="'1@2' is not a PEP 440 version specifier"):
        Requirement.parse("torch@1@2")


@pytest.mark.parametrize(
    ("text", "name", "constraint"),
    [
        ("cuda", "cuda", ""),
        ("cuda>=12.1", "cuda", ">=12.1"),
        ("cuda >= 12.1, < 13", "cuda", ">=12.1,<13"),
        ("cuda==12.*", "cuda", "==12.*"),
        ("cuda=12.1", "cuda", "==12.1"),
        ("cuda~=12.1", "cuda", "~=12.1"),
        ("cuda!=12.1", "cuda", "!=12.1"),
        ("cuda<1!2", "cuda", "<1!2"),
        ("cuda@12.1", "cuda", "==12.1"),
        ("cuda@>=12.1", "cuda", ">=12.1"),
        ("nvidia-driver>=550.54", "nvidia-driver", ">=550.54"),
    ],
)
def test_section_2_a_runtime_entry_splits_at_its_first_operator(text: str, name: str, constraint: str) -> None:
    requirement = Requirement.parse_runtime(text)
    assert (requirement.name, requirement.constraint.text) == (name, constraint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("torch>=2.1", "write torch@>=2.1"),
        ("torch == 2.1", "write torch@==2.1"),
        ("torch^1.2", "write torch@>=1.2,<2"),
        ("torch~>1.2.3", "write torch@~=1.2.3"),
        ("torch 2.1", "write torch@==2.1"),
        (
            "torch||numpy",
            "put an '@' after torch; there is no 'or': write one range, with != for the versions to leave out",
        ),
        ("torch@", "leave out the '@' to admit every version"),
        ("torch@ ", "leave out the '@' to admit every version"),
        ("@1", "a name begins with a letter or digit and goes on with letters, digits and . _ + -"),
        ("torch[cuda]@1", "a name begins with a letter or digit and goes on with letters, digits and . _ + -"),
    ],
)
def test_section_2_a_refused_requirement_names_the_right_spelling(text: str, hint: str) -> None:
    with pytest.raises(InvalidConstraint) as caught:
        Requirement.parse(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "hint"), [("cuda 12.1", "write cuda==12.1"), ("cuda^12", "write >=12,<13"), ("cuda===12", "write ==12")]
)
def test_section_2_a_refused_runtime_entry_names_the_right_spelling(text: str, hint: str) -> None:
    with pytest.raises(InvalidConstraint) as caught:
        Requirement.parse_runtime(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize("name", ["a", "A", "7zip", "g++", "llama.cpp", "a_b-c.d+e", "x" * 1000])
def test_section_1_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", ".a", "_a", "+a", "a b", "a/b", "a@b", "é", "a\n", "ａ", "x" * 1001])
def test_section_1_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidConstraint, match="is not a module name"):
        check_name(name)


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for parse in (Requirement.parse, Requirement.parse_runtime):
        try:
            requirement = parse(text)
        except InvalidConstraint:
            continue
        assert parse(str(requirement)) == requirement


def test_any_admits_everything() -> None:
    assert ANY.admits(Version("0.dev1")) and ANY.admits(Version("1!9+x"))
    assert not ANY.names_prerelease
    assert str(Requirement("torch", ANY)) == "torch"
