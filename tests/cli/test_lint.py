"""``las-solve registry lint``: what it prints, what it mends, and how it ends.

``PYTHONPATH=tests python tests/cli/test_lint.py`` renews the list of codes in docs/lint.md.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from command_line import RunCli
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import UNKNOWN_SIGNATURE, accepted, manifest_text, write_files
from sarif_schema import SARIF

from las_cli.render.sarif import sarif_document
from las_registry.lint.codes import CODES, GROUPS, group_of
from las_registry.lint.finding import Finding, Fix, FixKind, Place, Severity
from las_registry.lint.fingerprint import fingerprints

PAGE = Path(__file__).parents[2] / "docs" / "lint.md"
MARK = "<!-- all codes -->\n"
WRONG = f"integrity: {{checksum: 'sha256:{'0' * 64}'}}\n"
LICENSED = "license: MIT\n"
APP = manifest_text("app", "1.0", LICENSED + "dependencies:\n  modules:\n  - lib  # first\n  - lib  # again\n")
IS_SARIF = jsonschema_rs.validator_for(SARIF)
FILES = {
    "app/manifest.yaml": APP + "---\n" + manifest_text("app", "1.1", LICENSED + "dependencies: {modules: [none]}\n"),
    "lib/manifest.yaml": manifest_text("lib", "1.0", LICENSED + WRONG)
    + "---\n"
    + manifest_text("lib", "0.9", LICENSED),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory to work in, with a registry `reg` in which there is one error, one wrong checksum and more."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "reg", FILES)
    return tmp_path


def findings(run_cli: RunCli, *arguments: str) -> list[Any]:
    found = json.loads(run_cli("registry", "lint", "--format", "json", *arguments).stdout)["findings"]
    assert isinstance(found, list)
    return found


def test_the_text_says_where_what_and_what_to_do(run_cli: RunCli, place: Path) -> None:
    result = run_cli("registry", "lint", "reg", "--select", "LAS601,LAS201")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == (
        "reg/app/manifest.yaml:11: LAS601 warning: dependencies.modules[1]: 'lib' is there already\n"
        "  reg/app/manifest.yaml:10: here\n"
        "  hint: leave it out\n"
        "reg/app/manifest.yaml:20: LAS201 error: dependencies.modules[0]: there is no module none\n"
        "\n"
        "1  LAS201  A required module is not in the registry\n"
        "1  LAS601  A list has the same item twice\n"
        "\n"
        "2 findings (1 error, 1 warning) in 3 manifests in 2 files\n"
        "1 of them can be mended by --fix; --diff shows first what it would change\n"
    )


def test_nothing_found(run_cli: RunCli, place: Path) -> None:
    result = run_cli("registry", "lint", "reg", "--select", "LAS5")
    assert (result.exit_code, result.stdout) == (0, "3 manifests in 2 files: nothing found\n")


@pytest.mark.parametrize(
    ("select", "fail_on", "status"),
    [
        ("LAS201", "error", 1),
        ("LAS201", "never", 0),
        ("LAS601", "error", 0),
        ("LAS601", "warning", 1),
        ("LAS601", "note", 1),
    ],
)
def test_the_least_severity_that_counts(select: str, fail_on: str, status: int, run_cli: RunCli, place: Path) -> None:
    assert run_cli("registry", "lint", "reg", "--select", select, "--fail-on", fail_on).exit_code == status


def test_by_default_errors_fail_and_warnings_do_not(run_cli: RunCli, place: Path) -> None:
    assert run_cli("registry", "lint", "reg", "--ignore", "LAS0,LAS2").exit_code == 0
    assert run_cli("registry", "lint", "reg").exit_code == 1


def test_json_is_as_its_schema_says(run_cli: RunCli, place: Path) -> None:
    schema = json.loads(run_cli("schema", "lint").stdout)
    result = run_cli("registry", "lint", "reg", "--format", "json")
    document = json.loads(result.stdout)
    jsonschema.validate(document, schema)
    assert document["status"] == "findings"
    assert sum(document["counts"].values()) == len(document["findings"])
    repeated = next(one for one in document["findings"] if one["code"] == "LAS601")
    assert (repeated["module"], repeated["version"], repeated["fix"]) == ("app", "1.0", "drop-item")
    assert repeated["related"] == [{"file": "reg/app/manifest.yaml", "line": 10, "message": "here"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "findings": [{}]}, schema)


def test_one_file_knows_the_registry_around_it(run_cli: RunCli, place: Path) -> None:
    alone = run_cli("registry", "lint", "reg/app/manifest.yaml", "--select", "LAS201")
    assert alone.stdout.count("LAS201 error") == 2
    assert alone.stderr.startswith("warning: nothing is known but these files")
    around = run_cli("registry", "lint", "reg/app/manifest.yaml", "--registry", "reg", "--select", "LAS2")
    assert around.stdout.count("LAS201 error") == 1 and around.stderr == ""
    assert "lib/manifest.yaml" not in run_cli("registry", "lint", "reg/app/manifest.yaml", "--registry", "reg").stdout


def test_since_tells_only_what_is_new(run_cli: RunCli, place: Path) -> None:
    shutil.copytree(place / "reg", place / "old")
    moved = "# a line that moves all others\n" + FILES["app/manifest.yaml"].replace("none", "none, nobody")
    write_files(place / "reg", {"app/manifest.yaml": moved})
    found = findings(run_cli, "reg", "--since", "old", "--select", "LAS2")
    assert [(one["code"], one["field"]) for one in found] == [("LAS201", "dependencies.modules[1]")]
    assert findings(run_cli, "old", "--since", "reg") == []
    file = ("old/app/manifest.yaml", "--registry", "old", "--select", "LAS2")
    assert findings(run_cli, *file) != [] and findings(run_cli, *file, "--since", "reg") == []


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("nowhere",), 2, "nowhere does not exist"),
        (("--registry", "nowhere"), 3, "the registry nowhere does not exist"),
        (("reg", "--select", "LAX"), 2, "'LAX' is no code"),
        (("reg", "--reseal"), 2, "give --fix or --diff"),
        (("reg/app/manifest.yaml", "--since", "reg"), 2, "--since compares registries"),
        (("reg", "--since", "reg", "--fix"), 2, "--fix and --diff are about all findings"),
        (("reg", "--since", "reg", "--diff"), 2, "--fix and --diff are about all findings"),
        (("--fix",), 2, "--fix and --diff need a PATH"),
        (("reg", "--diff", "--format", "sarif"), 2, "--diff is text"),
        (("--explain", "LAS999"), 2, "there is no code 'LAS999'"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], status: int, message: str, run_cli: RunCli, place: Path) -> None:
    result = run_cli("registry", "lint", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in result.stderr


def test_explain(run_cli: RunCli) -> None:
    result = run_cli("registry", "lint", "--explain", "las601")
    assert result.exit_code == 0
    assert result.stdout.startswith("LAS601 repeated-item (warning): A list has the same item twice\n")
    assert run_cli("registry", "lint", "--explain", "repeated-item").stdout == result.stdout
    document = json.loads(run_cli("registry", "lint", "--explain", "LAS601", "--format", "json").stdout)
    assert document["name"] == "repeated-item"


def test_what_manifests_say_is_never_printed_raw(run_cli: RunCli, place: Path) -> None:
    hostile = manifest_text(
        "app", "1.0", "license: MIT\ninterfaces: {provides: ['sql\u202e\u200b'], consumes: ['x\u2066y']}\n"
    )
    escape = hostile.replace("Something", '"\\e[31m\\a"').replace("app", "esc")
    write_files(place / "evil\x1b[31m", {"manifest.yaml": hostile, "b.manifest.yaml": escape})
    for output_format in ("text", "json", "sarif"):
        result = run_cli("registry", "lint", "evil\x1b[31m", "--format", output_format, "--fail-on", "never")
        assert result.exit_code == 0
        assert not set("\x1b\x07\u202e\u200b\u2066") & set(result.stdout)
    assert "\\x1b" in run_cli("registry", "lint", "evil\x1b[31m").stdout


# Mending


def test_fix_mends_what_is_mechanical_and_shows_what_is_left(run_cli: RunCli, place: Path) -> None:
    result = run_cli("registry", "lint", "reg", "--fix", "--select", "LAS6,LAS201")
    assert result.exit_code == 1
    assert result.stdout.startswith("reg/app/manifest.yaml: 1 mended\nreg/app/manifest.yaml:19: LAS201 error: ")
    assert "LAS601" not in result.stdout
    assert (place / "reg/app/manifest.yaml").read_text() == FILES["app/manifest.yaml"].replace("  - lib  # again\n", "")
    again = run_cli("registry", "lint", "reg", "--fix", "--select", "LAS6,LAS201", "--format", "json")
    assert json.loads(again.stdout)["fixed"] == []


def test_diff_shows_it_and_writes_nothing(run_cli: RunCli, place: Path) -> None:
    result = run_cli("registry", "lint", "reg", "--diff")
    assert result.exit_code == 1
    assert "-  - lib  # again\n" in result.stdout and result.stdout.count("@@") == 2
    assert (place / "reg/app/manifest.yaml").read_text() == FILES["app/manifest.yaml"]
    nothing = run_cli("registry", "lint", "reg", "--diff", "--select", "LAS2")
    assert (nothing.exit_code, nothing.stdout) == (0, "")


def test_a_wrong_checksum_is_replaced_only_on_demand(run_cli: RunCli, place: Path) -> None:
    path = place / "reg/lib/manifest.yaml"
    run_cli("registry", "lint", "reg", "--fix")
    assert path.read_text() == FILES["lib/manifest.yaml"]
    run_cli("registry", "lint", "reg", "--fix", "--reseal")
    right = accepted(manifest_text("lib", "1.0", LICENSED)).checksum
    assert path.read_text() == FILES["lib/manifest.yaml"].replace(f"sha256:{'0' * 64}", right)
    assert findings(run_cli, "reg", "--select", "LAS002") == []


def test_a_signed_manifest_is_never_mended(run_cli: RunCli, place: Path) -> None:
    signed = APP + f"integrity: {{signature: '{UNKNOWN_SIGNATURE}'}}\n"
    write_files(place / "reg", {"app/manifest.yaml": signed})
    run_cli("registry", "lint", "reg", "--fix", "--reseal")
    assert (place / "reg/app/manifest.yaml").read_text() == signed


def test_mending_warns_of_a_frozen_registry_and_of_a_list(run_cli: RunCli, place: Path) -> None:
    write_files(place / "right", {"app/manifest.yaml": APP, "lib/manifest.yaml": manifest_text("lib")})
    assert run_cli("registry", "freeze", "right").exit_code == 0
    write_files(place / "right", {"las-solve.list.json": "{}"})
    result = run_cli("registry", "lint", "right", "--fix")
    assert (result.exit_code, "app/manifest.yaml: 1 mended" in result.stdout) == (0, True)
    assert "right is frozen" in result.stderr
    assert "las-solve.list.json is of the files as they were" in result.stderr


# SARIF


def sarif(run_cli: RunCli, *arguments: str) -> Any:
    document = json.loads(run_cli("registry", "lint", "--format", "sarif", *arguments).stdout)
    IS_SARIF.validate(document)
    return document["runs"][0]


def test_sarif_names_rules_places_and_fixes(run_cli: RunCli, place: Path) -> None:
    run = sarif(run_cli, "reg")
    rules = run["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == sorted({one["ruleId"] for one in run["results"]})
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["level"] == CODES[one["ruleId"]].severity.value
    repeated = next(one for one in run["results"] if one["ruleId"] == "LAS601")
    (location,) = repeated["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "reg/app/manifest.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 11},
    }
    assert repeated["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 10}
    (change,) = repeated["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 11, "startColumn": 1, "endLine": 12, "endColumn": 1},
            "insertedContent": {"text": ""},
        }
    ]
    assert all("fixes" not in one for one in run["results"] if one["ruleId"] == "LAS002")


def test_sarif_of_nothing_is_a_run_without_results(run_cli: RunCli, place: Path) -> None:
    run = sarif(run_cli, "reg", "--select", "LAS5")
    assert run["results"] == []
    assert not IS_SARIF.is_valid({"version": "2.1.0", "runs": [{**run, "more": 1}]})


def test_sarif_paths_are_percent_encoded_and_absolute_only_outside(
    run_cli: RunCli, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(place / "reg/a b#[1]:ü", {"manifest.yaml": manifest_text("odd")})
    uris = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in sarif(run_cli, "./reg")["results"]
    }
    assert "reg/a%20b%23%5B1%5D%3A%C3%BC/manifest.yaml" in uris
    (place / "below").mkdir()
    monkeypatch.chdir(place / "below")
    outside = sarif(run_cli, "../reg", "--select", "LAS601")["results"][0]["locations"][0]["physicalLocation"]
    assert outside["artifactLocation"] == {"uri": (place / "reg/app/manifest.yaml").as_uri()}


def test_fingerprints_survive_moved_lines_and_another_directory(run_cli: RunCli, place: Path) -> None:
    before = [one["partialFingerprints"] for one in sarif(run_cli, "reg")["results"]]
    moved = {path: "# more\n\n" + text for path, text in FILES.items()}
    write_files(place / "reg", moved)
    assert [one["partialFingerprints"] for one in sarif(run_cli, "reg")["results"]] == before
    assert len({json.dumps(one) for one in before}) == len(before)


def test_a_finding_has_one_fingerprint_however_its_file_is_named_and_it_is_printed(
    run_cli: RunCli, place: Path
) -> None:
    def in_json(path: str) -> list[str]:
        printed = json.loads(run_cli("registry", "lint", path, "--format", "json").stdout)
        return [one["fingerprint"] for one in printed["findings"]]

    in_sarif = [[*one["partialFingerprints"].values()] for one in sarif(run_cli, str(place / "reg"))["results"]]
    assert in_json("reg") == in_json(str(place / "reg")) == [mark for (mark,) in in_sarif]


def test_what_manifests_say_becomes_no_link_and_no_placeholder(tmp_path: Path) -> None:
    one = Finding(code="LAS001", severity=Severity.ERROR, file="m.yaml", message="[click](http) {0} {a}", hint="[a](b)")
    document: Any = sarif_document([one], tmp_path)
    text = document["runs"][0]["results"][0]["message"]["text"]
    assert text == "[click] (http) {{0}} {a}\nHint: [a] (b)"


TEXTS = st.text(max_size=30)
FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(sorted(CODES)),
    severity=st.sampled_from(Severity),
    file=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20),
    line=st.none() | st.integers(1, 10**6),
    field=TEXTS,
    module=st.none() | TEXTS,
    version=st.none() | TEXTS,
    message=TEXTS,
    hint=st.none() | TEXTS,
    fix=st.none() | st.builds(Fix, kind=st.sampled_from(FixKind), document=st.integers(0, 3), path=st.just(("a", 1))),
    related=st.lists(
        st.builds(Place, file=st.just("x"), line=st.none() | st.integers(1, 9), message=TEXTS), max_size=2
    ).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(several=st.lists(FINDINGS, max_size=4))
def test_sarif_is_right_whatever_is_found(several: list[Finding]) -> None:
    IS_SARIF.validate(sarif_document(several, Path("/r")))
    assert len(set(fingerprints(several))) == len(several)


# The page


def _codes() -> str:
    """All codes as Markdown, a table for each group."""
    parts = []
    for group, title in GROUPS.items():
        parts.append(f"### {title}\n\n| code | | severity | finds | why it matters |\n|---|---|---|---|---|\n")
        parts += [
            f"| {one.code} | {one.name} | {one.severity.value} | {_cell(one.title)} | {_cell(one.why)} |\n"
            for one in CODES.values()
            if one.code.startswith(group) and group_of(one.code) == title
        ]
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def test_the_page_lists_all_codes_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(MARK)[2] == _codes(), (
        "PYTHONPATH=tests python tests/cli/test_lint.py renews it"
    )
    assert _codes().count("| LAS") == len(CODES)


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(written + MARK + _codes(), encoding="utf-8")
