"""Coverage-guided fuzzing of everything that reads what other people wrote: see docs/hostile-input.md."""
