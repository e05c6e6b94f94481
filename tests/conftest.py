"""Settings for all tests: no time limit for single examples, and the same examples on every run in CI."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("las-solve", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("las-solve")
