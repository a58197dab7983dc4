"""The linter: what runs the rules of :mod:`cnncalc.rules` over files, and what becomes of their findings."""
