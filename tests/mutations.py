"""Specs with a fault put in: what a slip of the keyboard, a bad merge or an unkind reader makes of a good file."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent

TOKENS = (
    "|", "->", "(", ")", "*", "*9999", "/0", "/2", "p1", "p1:2", "d9", "g3", "g0", "same", "half", "as u", "=> 3x3", "if C > 3",
    "else id", "conv", "conv 64 3", "concat(", "add(id, id)", "residual(", "fork(a = id)", "unpool", "crop 3", "like=", "\t",
    ":", ": ", ";", "#", "-", "- ", "[", "]", "{", "}", "&a", "*a", "!x", "'", '"', "|\n", ">\n", "\r\n", "\x00", "é", "×", "–",
    "0", "-1", "1e30", "10**30", "99999999999999999999", "1/0", "C//0", "x", "3x3x3x3x3", "0x0", "true", "nan", "inf", ".5",
    "layers:", "input: 1", "expect: {params: 1}", "blocks:\n  f(a): f a\n", "import: ..", "nets:", "shared:", "defaults:",
)  # fmt: skip


def corpus() -> list[str]:
    """The texts that are mutated: bundled networks, one-liners, and texts that are wrong already."""
    files = [*sorted((ROOT / "architectures").glob("*.yaml")), *sorted((ROOT / "tests/data/errors").glob("*.yaml"))]
    texts = [path.read_text("utf-8") for path in files]
    lines = (ROOT / "tests/data/one_liners.txt").read_text("utf-8").splitlines()
    return texts + [line for line in lines if line and not line.startswith("#")]


def _delete(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + text[at + rng.choice((1, 1, 2, 5, 20)) :]


def _insert(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(TOKENS) + text[at:]


def _spaced(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return f"{text[:at]} {rng.choice(TOKENS)} {text[at:]}"


def _character(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return (
        text[:at]
        + chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x250), rng.randrange(0x3000))))
        + text[at + 1 :]
    )


def _words(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    a, b = rng.randrange(len(words)), rng.randrange(len(words))
    words[a], words[b] = words[b], words[a]
    return " ".join(words)


def _double_word(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    at = rng.randrange(len(words))
    words.insert(at, rng.choice(words))
    return " ".join(words)


def _lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    if rng.random() < 0.5:
        lines[a], lines[b] = lines[b], lines[a]
    else:
        lines.insert(a, lines[b])
    return "\n".join(lines)


def _number(text: str, rng: random.Random) -> str:
    places = [at for at, character in enumerate(text) if character.isdigit()]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + rng.choice(("0", "1", "2", "7", "64", "9999", "100000")) + text[at + 1 :]


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _delete, _insert, _spaced, _character, _words, _double_word, _lines, _number,
)  # fmt: skip


def mutate(text: str, rng: random.Random) -> str:
    """The text with one to four faults."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        text = rng.choice(MUTATIONS)(text, rng)
    return text
