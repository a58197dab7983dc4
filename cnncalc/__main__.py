"""``python -m cnncalc``: the same as ``cnncalc``."""

from cnncalc.cli import main

if __name__ == "__main__":
    main()
