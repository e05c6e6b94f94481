"""The problems that are measured: each one is module versions, a host and a request."""

from benchmarks.problems.problem import PROBLEMS, Problem, ProblemMissing, load_problem

__all__ = ["PROBLEMS", "Problem", "ProblemMissing", "load_problem"]
