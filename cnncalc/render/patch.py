"""What changes between two texts, as a unified diff."""

from __future__ import annotations


def unified(old: str, new: str, name: str) -> str:
    """The diff of a file; empty where nothing changes."""
    from difflib import unified_diff

    before, after = (text.splitlines() for text in (old, new))
    return "\n".join(unified_diff(before, after, name, name, lineterm=""))
