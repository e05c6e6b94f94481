"""Benchmarks of las-solve: one folder a question. See README.md beside this file."""
