"""The one-line language, and which reader a text gets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import SpecError
from cnncalc.formats.read import is_yaml, line, read
from cnncalc.source import Items, Mapping, Scalar, Source, Tree


def tree(text: str) -> Mapping:
    return line.read(Source("<line>", text))


def plain(node: Tree | None) -> object:
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node}
    if isinstance(node, Items):
        return [plain(each) for each in node]
    return node.text if node else None


def refused(text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(SpecError) as caught:
        tree(text)
    return [(one.code, str(one.mark), one.message) for one in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("3x227x227 | conv 96 11x11 /4 | relu", ["3x227x227 | conv 96 11x11 /4 | relu"]),
        ("784 -> fc 10 -> softmax", ["784 -> fc 10 -> softmax"]),
        ("3x8x8 | conv 4 3; out: fc 10;", ["3x8x8 | conv 4 3", {"out": "fc 10"}]),
        ("  a :conv 3\n 4 ;\tb:  relu ", [{"a": "conv 3\n 4"}, {"b": "relu"}]),
        ("conv 64 3 p1:2 | relu", ["conv 64 3 p1:2 | relu"]),
        ("conv(64, 3, pad=1:2) | relu", ["conv(64, 3, pad=1:2) | relu"]),
        ("(conv 3 p1:2)*2", ["(conv 3 p1:2)*2"]),
        ("a:", [{"a": ""}]),
        ("a b: c", ["a b: c"]),
        ("conv(3: relu", ["conv(3: relu"]),
    ],
)
def test_layers(text: str, layers: list[object]) -> None:
    assert plain(tree(text)) == {"layers": layers}


def test_definitions() -> None:
    text = "v(c, n=(1, 2)): (conv c 3)*n; e(): relu; 3x8x8 | v 4; x: e"
    assert plain(tree(text)) == {
        "blocks": {"v(c, n=(1, 2))": "(conv c 3)*n", "e()": "relu"},
        "layers": ["3x8x8 | v 4", {"x": "e"}],
    }


def test_comments_leave_every_place_as_it_was() -> None:
    text = "# params 7; out 10\n3x8x8 | conv 4 # four; of them\n | relu; a: b#c"
    got = tree(text).get("layers")
    assert isinstance(got, Items)
    first, second = got.items
    assert isinstance(first, Scalar) and first.value == "3x8x8 | conv 4 | relu"
    assert first.at(first.text.index("| relu"), len(first.text)).start == text.index("| relu")
    assert plain(second) == {"a": "b#c"}


def test_keys_that_the_text_does_not_hold_point_to_its_beginning() -> None:
    key = tree("relu").items[0][0]
    assert (key.at(0, 6).start, key.at(0, 6).end) == (0, 1)


def test_golden_errors() -> None:
    nothing = "there is nothing in front of this ';'"
    assert refused("a;; b; ;") == [("Y201", "<line>:1:3", nothing), ("Y201", "<line>:1:8", nothing)]
    assert refused("; a") == [("Y201", "<line>:1:1", nothing)]
    assert refused(" \n# only\n") == [("Y004", "<line>:1:1", "<line> is empty")]
    assert refused("d(c): relu; d(c): elu") == [("Y102", "<line>:1:13", "'d(c)' stands twice")]


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text("ab1x():;|# \n\r*,é\U0001f600\ufeff", max_size=40), st.text(max_size=40)))
def test_every_place_is_true(text: str) -> None:
    try:
        got = tree(text)
    except SpecError as error:
        for one in error.diagnostics:
            assert one.mark is not None and 0 <= one.mark.start <= one.mark.end <= len(text)
        return

    def check(node: Tree) -> None:
        assert 0 <= node.start <= node.end <= len(text)
        if isinstance(node, Scalar):
            assert node.offsets is None and node.base == node.start
            there = text[node.base : node.base + len(node.text)]
            assert "#" in there or there.replace("\ufeff", " ") == node.text.replace("\ufeff", " ")
            assert len(there) == len(node.text)
        else:
            for item in node:
                for each in item if isinstance(item, tuple) else (item,):
                    if not (isinstance(each, Scalar) and each.offsets):
                        check(each)

    check(got)


@pytest.mark.parametrize(
    ("name", "text", "yaml"),
    [
        ("a.yaml", "3x8x8 | conv 4", True),
        ("a.YML", "", True),
        ("<stdin>", "name: x\ninput: 3x8x8\nlayers:\n  a: relu\n", True),
        ("<stdin>", "# note\n\nlayers: relu\n", True),
        ("<stdin>", "nets:\n  a: {}\n", True),
        ("<stdin>", '\ufeff{"layers": ["relu"]}', True),
        ("<stdin>", "# x\n{layers: [relu]}", True),
        ("<stdin>", "name: x\ninput: 3x8x8\nlayer:\n  a: relu\n", True),
        ("<stdin>", "- relu", True),
        ("<stdin>", "---\na: b", True),
        ("<line>", "input: 3x8x8", False),
        ("<line>", "3x8x8 | conv 4 | relu", False),
        ("<line>", "784 -> fc 10", False),
        ("<line>", "[3, 32, 32] | conv 4 3", False),
        ("<line>", "[conv 4 3, relu]", True),
        ("<line>", "d(c): relu; a: d 3\n", False),
        ("<line>", "", False),
        ("<line>", "x: conv 3; layers: relu", False),
    ],
)
def test_which_reader(name: str, text: str, yaml: bool) -> None:
    assert is_yaml(Source(name, text)) is yaml


def test_both_readers_make_the_same_tree() -> None:
    one = read(Source("<line>", "d(c): conv c 3 | relu; 3x8x8 | d 4; out: fc 10"))
    two = read(Source("<x>", "blocks:\n  d(c): conv c 3 | relu\nlayers:\n  - 3x8x8 | d 4\n  - out: fc 10\n"))
    assert plain(one) == plain(two)
