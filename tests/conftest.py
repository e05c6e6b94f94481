"""Settings for all tests: no time limit for single examples, the same examples on every run in CI, and nothing that
the user who runs them has saved. `LAS_SOLVE_EXAMPLES=10 make test` tries ten times as many examples of most laws."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile(
    "las-solve",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    max_examples=100 * int(os.environ.get("LAS_SOLVE_EXAMPLES", "1")),
)
settings.load_profile("las-solve")


@pytest.fixture(scope="session", autouse=True)
def _directories_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Gives the tests, and the processes that they start, empty directories for settings, caches and state."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.delenv("LAS_SOLVE_CACHE", raising=False)
        patch.delenv("LAS_SOLVE_CONFIG", raising=False)
        patch.delenv("LAS_SOLVE_STORE", raising=False)
        yield
