"""Is it fast?  Ratios, measured in one run on one machine: ``python -m tests.benchmarks``.

Every target compares two things that are measured in turns (A B A B ...), each by its best time, so that a slow or busy
machine moves both.  Exit 1 when a target is missed.

    python -m tests.benchmarks              everything
    python -m tests.benchmarks startup      only the groups named: startup growth reading bundled lint grading

The group lint compares with yamllint and check-jsonschema where they are installed (anywhere on PATH).
"""
