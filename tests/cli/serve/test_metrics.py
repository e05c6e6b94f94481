"""What Prometheus reads, and what docs/operating.md says of it."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from las_cli.serve.job import Job
from las_cli.serve.metrics import Metrics

PAGE = Path(__file__).parents[3] / "docs" / "operating.md"
OF_HISTOGRAMS = {"le"}


def rendered() -> dict[str, tuple[float, dict[str, str]]]:
    """The samples of a service that has answered one request, by their names: a value of each, and its labels."""
    metrics = Metrics()
    metrics.watch(SimpleNamespace(waiting=3, busy=2, ready=1, processes=()))  # type: ignore[arg-type]
    metrics.on_request("POST", "/v1/plan", 200, 0.5)
    metrics.on_job(Job(kind="plan", parameters={}, seconds=1.0), "plan", 0.1, 0.4)
    families: Any = text_string_to_metric_families(metrics.render().decode())
    samples = [sample for family in families for sample in family.samples]
    return {one.name: (one.value, one.labels) for one in sorted(samples, key=lambda one: one.value)}


def test_numbers_are_those_of_the_service() -> None:
    found = rendered()
    assert found["las_solve_requests_total"] == (1, {"method": "POST", "route": "/v1/plan", "status": "200"})
    assert found["las_solve_request_seconds_sum"] == (0.5, {"route": "/v1/plan"})
    assert found["las_solve_jobs_total"] == (1, {"kind": "plan", "outcome": "plan"})
    assert found["las_solve_job_queue_seconds_sum"][0] == 0.1 and found["las_solve_job_seconds_sum"][0] == 0.4
    of_pool = ("queue_length", "workers_busy", "workers_ready", "workers_resident_bytes")
    assert [found[f"las_solve_{name}"][0] for name in of_pool] == [3, 2, 1, 0]


def test_the_page_names_all_metrics_with_their_labels() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Metrics\n")[2].partition("\n## ")[0]
    names = re.findall(r"`(las_solve_\w+)(?:\{([\w,]+)\})?`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    told = {name: set(labels.split(",")) - {""} for name, labels in names}
    own = {name: labels for name, (_, labels) in rendered().items() if name.startswith("las_solve_")}
    made = {
        re.sub(r"_(bucket|sum|count|created)$", "", name): set(labels) - OF_HISTOGRAMS for name, labels in own.items()
    }
    assert told == {name: labels for name, labels in made.items() if f"{name}_total" not in made}
