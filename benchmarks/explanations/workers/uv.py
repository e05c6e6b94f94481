"""PubGrub, by way of ``uv pip compile``, with every package as a wheel that holds nothing but its metadata.

The command is the first argument. It finds packages in one folder alone and neither asks an index nor keeps a cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

OPTIONS = ("--no-index", "--offline", "--no-cache", "--no-config", "--no-header", "--no-annotate", "--color=never")


def main(command: str) -> None:
    question = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        for package in (*question["facts"], *question["packages"]):
            write_wheel(Path(folder), package)
        request = Path(folder, "request.in")
        request.write_text("".join(f"{spelled(need)}\n" for need in question["needs"]), encoding="utf-8")
        finished = subprocess.run(
            [command, "pip", "compile", request, *OPTIONS, *how(question)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "100", "UV_FIND_LINKS": folder},
        )
    has_plan = finished.returncode == 0
    facts = {f"{fact['name']}=={fact['version']}" for fact in question["facts"]}
    plan = "\n".join(line.replace("==", " ") for line in finished.stdout.splitlines() if line not in facts)
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    version = " ".join(said.split()[:2])
    print(json.dumps({"version": version, "has_plan": has_plan, "text": plan if has_plan else finished.stderr}))


def how(question):
    if question["is_lowest"]:
        yield "--resolution=lowest"
    if question["prereleases"]:
        yield "--prerelease=allow"


def write_wheel(folder, package):
    name, version = package["name"], package["version"]
    stem = f"{name.replace('-', '_')}-{version}"
    needs = "".join(f"Requires-Dist: {spelled(need)}\n" for need in package.get("needs", ()))
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        )
        tags = "Wheel-Version: 1.0\nGenerator: benchmarks\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{stem}.dist-info/WHEEL", tags)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def spelled(need):
    return f"{need['name']}{need['constraint']}"


main(sys.argv[1])
