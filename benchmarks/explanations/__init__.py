"""What others print for the scenarios of ``tests/scenarios``: PubGrub (in uv), libsolv, and resolvo (in py-rattler).

Not a question of ``python -m benchmarks``: nothing is timed. See docs/compared.md for what came of it.
"""
