"""The YAML reader: what it keeps, where it says things stand, and what it refuses."""

from __future__ import annotations

import gc
import time
from itertools import pairwise
from unittest import mock

import pytest
import yaml as pyyaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnncalc import loading
from cnncalc.errors import SpecError
from cnncalc.formats.read.yaml import MAX_DEPTH, MAX_FAULTS, read
from cnncalc.render.diagnostics import text as rendered
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree


@pytest.fixture(params=["c", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of PyYAML's parsers."""
    if request.param == "pure":
        monkeypatch.setattr(pyyaml, "__with_libyaml__", False)
    elif not pyyaml.__with_libyaml__:
        pytest.skip("PyYAML without libyaml")
    return str(request.param)


def tree(text: str) -> Mapping:
    return read(Source("f.yaml", text))


def plain(node: Tree) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(each) for each in node]
    return {key.value: plain(value) for key, value in node}


def scalars(node: Tree) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Items):
        return [each for item in node for each in scalars(item)]
    return [each for key, value in node for each in (key, *scalars(value))]


def nodes(node: Tree) -> list[Tree]:
    if isinstance(node, Scalar):
        return [node]
    inner = [each for key, value in node for each in (key, value)] if isinstance(node, Mapping) else list(node)
    return [node, *(each for item in inner for each in nodes(item))]


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        tree(text)
    return caught.value


def codes(text: str) -> list[str]:
    return [one.code for one in refused(text).diagnostics]


def marked(mark: Mark | None) -> str:
    assert mark is not None
    return mark.source.text[mark.start : mark.end]


# -- what is kept --------------------------------------------------------------------------------------------------


def test_nothing_is_typed(parser: str) -> None:
    text = "a: no\nb: 1:10\nc: 1e-3\nd: 010\ne: null\nf: ~\ng: 2024-01-01\nh: .5\ni: 0x10\nno: x\n"
    assert plain(tree(text)) == {
        "a": "no", "b": "1:10", "c": "1e-3", "d": "010", "e": "null", "f": "~", "g": "2024-01-01", "h": ".5",
        "i": "0x10", "no": "x",
    }  # fmt: skip


def test_forms(parser: str) -> None:
    got = tree("input: [3, size, size]\nlayers:\n  - conv 3\n  - a: b\n    c: {op: conv}\n")
    assert plain(got) == {"input": ["3", "size", "size"], "layers": ["conv 3", {"a": "b", "c": {"op": "conv"}}]}
    sizes, layers = got.get("input"), got.get("layers")
    assert isinstance(sizes, Items) and sizes.flow and marked(sizes.mark) == "[3, size, size]"
    assert isinstance(layers, Items) and not layers.flow


def test_a_block_ends_with_its_last_value(parser: str) -> None:
    got = tree("a:\n  b: c\n\n# more\n\nd:\n- e\n\n")
    first, second = got.get("a"), got.get("d")
    assert first is not None and marked(first.mark) == "b: c"
    assert second is not None and marked(second.mark) == "- e"
    assert marked(got.mark).endswith("- e")


def test_an_empty_value_stands_behind_its_colon(parser: str) -> None:
    value = tree("a: b\nkey:\n\n\nc: d\n").get("key")
    assert isinstance(value, Scalar)
    assert (value.text, value.start, value.end, value.base) == ("", 9, 9, 9)


def test_a_directive_and_a_marker_are_accepted(parser: str) -> None:
    assert plain(tree("%YAML 1.1\n---\na: b\n...\n")) == {"a": "b"}


@pytest.mark.parametrize(
    ("value", "text", "quoted"),
    [
        ("conv 64 3", "conv 64 3", False),
        ("conv 64\n    3 p1\n\n    | relu", "conv 64\n    3 p1\n\n    | relu", False),
        ("conv 64 # note", "conv 64", False),
        ("'conv 64'", "conv 64", True),
        ('"conv 64"', "conv 64", True),
        ("'conv\n    64'", "conv\n    64", True),
        ('"conv\n    64"', "conv\n    64", True),
        ("''", "", True),
        ("|\n    conv 64\n    | relu\n\n", "    conv 64\n    | relu", True),
        (">-\n    conv 64\n      | relu", "    conv 64\n      | relu", True),
        ("|2- # head\n    conv", "    conv", True),
        (">\n", "", True),
        ("\U0001f600 é 漢", "\U0001f600 é 漢", False),
    ],
)
@pytest.mark.parametrize(
    ("newline", "start"),
    [
        ("\n", ""),
        ("\r\n", ""),
        ("\r", ""),
        ("\x85", ""),
        ("\u2028", ""),
        ("\r\n", "\ufeff"),
        ("\r\n", "# \U0001f600\n"),
    ],
)
def test_texts_are_slices_of_the_source(
    parser: str, value: str, text: str, quoted: bool, newline: str, start: str
) -> None:
    whole = f"{start}\U0001f600: x\nlayers:\n  a: {value}\n  b: c\n".replace("\n", newline)
    layers = tree(whole).get("layers")
    assert isinstance(layers, Mapping)
    got = layers.get("a")
    assert isinstance(got, Scalar)
    if newline != "\u2028" or "\n" not in value:  # YAML keeps U+2028, and blanks behind it belong to the text
        assert got.text == text.replace("\n", newline)
    assert got.quoted is quoted and got.offsets is None
    for each in scalars(layers):
        assert whole[each.base : each.base + len(each.text)] == each.text
        assert each.start <= each.base <= each.base + len(each.text) <= len(whole)
    assert marked(layers.get("b").mark) == "c"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("'it''s ''x'''", "it's 'x'"),
        (r'"a\tb\"c\\d"', 'a\tb"c\\d'),
        (r'"\x41\u00e9\U0001F600z"', "Aé\U0001f600z"),
        ('"conv \\\n     64"', "conv 64"),
        (r'"\0\a\b\n\v\f\r\e\ \/\N\_\L\P."', "\0\a\b\n\v\f\r\x1b /\x85\xa0\u2028\u2029."),
    ],
)
def test_escapes(parser: str, value: str, text: str) -> None:
    whole = f"k: {value}\n"
    got = tree(whole).get("k")
    assert isinstance(got, Scalar) and got.offsets is not None
    assert got.text == text
    assert pyyaml.load(whole, pyyaml.BaseLoader) == {"k": text}
    assert len(got.offsets) == len(text)
    for character, offset in zip(text, got.offsets, strict=True):
        assert whole[offset] == character or whole[offset] == "\\" or whole[offset : offset + 2] == "''"
    last = got.at(len(text) - 1, len(text))
    assert got.start < last.start < last.end < got.end


# -- what is refused -----------------------------------------------------------------------------------------------


def test_golden_duplicates(parser: str) -> None:
    text = "name: x\nlayers:\n  conv1: conv 3\n  conv2: conv 64\n  conv2: conv 128 3 p1 | relu\nname: y\n"
    assert rendered(refused(text).diagnostics) == (
        "error[Y102]: 'conv2' stands twice in layers\n"
        " --> f.yaml:5:3\n"
        "  |\n"
        "5 |   conv2: conv 128 3 p1 | relu\n"
        "  |   ^^^^^\n"
        "  = first on line 4\n"
        "\n"
        "error[Y102]: 'name' stands twice\n"
        " --> f.yaml:6:1\n"
        "  |\n"
        "6 | name: y\n"
        "  | ^^^^\n"
        "  = first on line 1"
    )


def test_duplicates_deep_down_and_in_front_of_a_syntax_error() -> None:
    assert "stands twice in nets.g.layers.item 2" in str(
        refused("nets:\n  g:\n    layers:\n    - a\n    - b: 1\n      'b': 2\n")
    )
    assert codes("a:\n  b: 1\n  b: 2\n  c: [\n") == ["Y102", "Y101"]


CASES = {
    "colon": (
        "layers:\n  conv1: conv 96 11x11 stride: 4\n",
        "Y101",
        "2:30",
        "not valid YAML: mapping values are not allowed here",
        "': ' ends a key, so a phrase may not hold it; write stride=4 or /4, not `stride: 4`",
    ),
    "colon, other option": (
        "layers:\n  conv1: conv 96 11x11 pad: 2 | relu\n",
        "Y101",
        "2:27",
        "not valid YAML: mapping values are not allowed here",
        "': ' ends a key, so a phrase may not hold it; write pad=2, not `pad: 2`",
    ),
    "colon in a text": (
        "about: one: two\n",
        "Y101",
        "1:11",
        "not valid YAML: mapping values are not allowed here",
        "': ' ends a key; a text that holds it needs quotes around it",
    ),
    "no colon above": (
        "layers\n  a: b\n",
        "Y101",
        "2:4",
        "not valid YAML: mapping values are not allowed here",
        "this line goes on from line 1: give both the same indentation, or end line 1 with ':' if it is a key",
    ),
    "no blank behind a colon": (
        "layers:\n  a:conv 3 3  # c\n  b: c\n",
        "Y101",
        "2:3",
        "not valid YAML: this line has no ': '",
        "a blank follows the ':' of a key: a: conv 3 3",
    ),
    "no blank behind the first colon": (
        "input:3x8x8\r\nlayers:\r\n  b: c\r\n",
        "Y101",
        "1:1",
        "not valid YAML: this line has no ': '",
        "a blank follows the ':' of a key: input: 3x8x8",
    ),
    "blanks of a word processor": (
        "layers:\n  a: b\n   \xa0c: d\n",
        "Y101",
        "3:4",
        "not valid YAML: U+00A0 (no-break space) cannot indent a line",
        "indent with blanks, two per level",
    ),
    "a list behind such blanks": (
        "layers:\n\u2003- b\n\u2003- c\n",
        "Y101",
        "2:1",
        "not valid YAML: U+2003 (em space) cannot indent a line",
        "indent with blanks, two per level",
    ),
    "tab": (
        "layers:\n\ta: b\n",
        "Y101",
        "2:1",
        "not valid YAML: a tab cannot indent a line",
        "indent with blanks, two per level",
    ),
    "tab below a value": (
        "layers:\n  a: b\n\tc: d\n",
        "Y101",
        "3:1",
        "not valid YAML: a tab cannot indent a line",
        "indent with blanks, two per level",
    ),
    "bracket": (
        "input: [3, 4, 4\nlayers:\n  a: b\n",
        "Y101",
        "1:8",
        "not valid YAML: this '[' is never closed",
        "close it with ']' behind its last value",
    ),
    "brace": (
        "a: b\nexpect: {a: 3",
        "Y101",
        "2:9",
        "not valid YAML: this '{' is never closed",
        "close it with '}' behind its last value",
    ),
    "nothing in brackets": ("a: [b, , c]\n", "Y101", "1:8", "not valid YAML: a value is missing here", None),
    "bracket too many": ("a: [b]]\n", "Y101", "1:7", "not valid YAML: nothing is open that ']' could close", None),
    "quote": ("a: 'b\nc: d\n", "Y101", "1:4", "not valid YAML: this ' is never closed", None),
    "double quote": ('a: "b\n---\n', "Y101", "1:4", 'not valid YAML: this " is never closed', None),
    "apostrophe": (
        "a: 'it's'\n",
        "Y101",
        "1:8",
        "not valid YAML: text goes on behind the closing '",
        "write '' for a quote inside '...'",
    ),
    "no colon": (
        "layers:\n  a: b\n  maxpool 2\n  c: d\n",
        "Y101",
        "3:3",
        "not valid YAML: this line has no ': '",
        "write `name: value`; text that goes on from the line above stands further right than its key",
    ),
    "no blank behind the dash": (
        "a:\n- b\n-c\n",
        "Y101",
        "3:1",
        "not valid YAML: this line has no ': '",
        "a list item begins with '- ', with a blank",
    ),
    "first sign": (
        "a: @x\n",
        "Y101",
        "1:4",
        "not valid YAML: a value cannot begin with '@'",
        "put the value into quotes",
    ),
    "indentation": (
        "layers:\n  a: b\n c: d\n",
        "Y101",
        "3:2",
        "not valid YAML: the indentation fits no key above",
        "the keys of the mapping that begins on line 1 start in column 1",
    ),
    "list in a mapping": (
        "layers:\n  a: b\n  - c\n",
        "Y101",
        "3:3",
        "not valid YAML: a list item inside the mapping that begins on line 2",
        "a mapping has `name: value` lines only; a list begins each line with '- '",
    ),
    "mapping in a list": (
        "a:\n  - b\n  c: d\n",
        "Y101",
        "3:3",
        "not valid YAML: expected '- ': the list that begins on line 2 goes on with list items only",
        "indent alike what belongs together",
    ),
    "no key": (": b\n", "Y101", "1:1", "not valid YAML: there is no key in front of this ':'", "write `name: value`"),
    "escape": (
        'a: "b\\q"\n',
        "Y101",
        "1:6",
        "not valid YAML: unknown escape",
        "inside \"...\" a backslash is written twice; '...' knows no escapes",
    ),
    "behind the end": (
        "a: b\n...\nc: d\n",
        "Y101",
        "3:1",
        "not valid YAML: text behind the end of the document",
        "an architecture file is one document: delete the '...' or the '%' line above",
    ),
    "NUL": ("é: \x00", "Y101", "1:4", "not valid YAML: the character U+0000 (NUL) cannot stand in YAML", "delete it"),
    "surrogate": ("é: \ud800", "Y101", "1:4", "not valid YAML: the character U+D800 cannot stand in YAML", "delete it"),
    "form feed": (
        "é: a\x0c\n",
        "Y101",
        "1:5",
        "not valid YAML: the character U+000C (form feed) cannot stand in YAML",
        "delete it",
    ),
    "alias": (
        "a: *b\n",
        "Y104",
        "1:4",
        "'*b' is a YAML alias, which an architecture file may not hold",
        "what is used several times belongs under blocks: (fresh weights) or shared: (the same weights)",
    ),
    "anchor": (
        "a: &b c\n",
        "Y104",
        "1:4",
        "'&b' is a YAML anchor, which an architecture file may not hold",
        "what is used several times belongs under blocks: (fresh weights) or shared: (the same weights)",
    ),
    "merge key": (
        "a:\n  <<: b\n",
        "Y104",
        "2:3",
        "'<<' is a YAML merge key, which an architecture file may not hold",
        "import: FILE.yaml brings the blocks of another file, defaults: holds options that many layers share",
    ),
    "tag": (
        "a: !!int 3\n",
        "Y104",
        "1:4",
        "'!!int' is a YAML tag, which an architecture file may not hold",
        "delete it: values are plain text, and a layer decides what it reads",
    ),
    "include": (
        "a: !include b.yaml\n",
        "Y104",
        "1:4",
        "'!include' is a YAML tag, which an architecture file may not hold",
        "import: FILE.yaml brings the blocks of another file",
    ),
    "tag directive": (
        "%TAG ! x\n---\na: b\n",
        "Y104",
        "1:1",
        "'%TAG' is a YAML directive for tags, which are not read",
        "delete it",
    ),
    "two documents": (
        "a: b\n---\nc: d\n",
        "Y104",
        "2:1",
        "a second YAML document begins here; an architecture file is one document",
        "put several networks under nets:, or each into a file of its own",
    ),
    "list as key": ("? [a]\n: b\n", "Y107", "1:3", "a key is a name, not a list", "write `name: value`"),
    "template": (
        "a: {{ x }}\n",
        "Y107",
        "1:5",
        "a key is a name, not a mapping",
        "templates such as {{ x }} are not filled in: use params: and variants:",
    ),
    "nested template": (
        "{{ x }}: b\n",
        "Y107",
        "1:1",
        "a key is a name, not a mapping",
        "templates such as {{ x }} are not filled in: use params: and variants:",
    ),
    "list": (
        "- conv 3\n",
        "Y005",
        "1:1",
        "this is a list, not an architecture",
        "an architecture file is a mapping with `layers:`; write `layers:` above the list",
    ),
    "scalar": (
        "conv 3\n",
        "Y005",
        "1:1",
        "this is a single value, not an architecture",
        "an architecture file is a mapping with `layers:`",
    ),
    "one-liner": (
        "3x4x4 | conv 3\n",
        "Y005",
        "1:1",
        "this is a single value, not an architecture",
        "an architecture file is a mapping with `layers:`; "
        "a network on one line is read from text that does not call itself YAML",
    ),
    "empty": ("", "Y004", "1:1", "f.yaml is empty", "an architecture file is a mapping with `layers:`"),
    "comments": (
        "# a\n\n# b",
        "Y004",
        "1:1",
        "f.yaml holds nothing but comments",
        "an architecture file is a mapping with `layers:`",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden_messages(parser: str, name: str) -> None:
    text, code, place, message, help = CASES[name]
    (one,) = refused(text).diagnostics
    assert (one.code, f"{one.mark}", one.message) == (code, f"f.yaml:{place}", message)
    assert (one.help[0] if one.help else None) == help


def test_all_that_is_unsupported_is_told_at_once(parser: str) -> None:
    error = refused("x: &a [1, *a]\ny: !!int &b 3\nz: {<<: *a}\n")
    assert [marked(one.mark) for one in error.diagnostics] == ["&a", "*a", "!!int", "&b", "<<", "*a"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        "{a: " * 10_000,
        "- " * 10_000,
        "? " * 10_000,
        "a: " + "[{b: " * 10_000,
        "\n".join(" " * depth + "a:" for depth in range(2_000)),
    ],
    ids=["[", "{", "-", "?", "[{", "indentation"],
)
def test_deep_nesting_ends_soon(parser: str, text: str) -> None:
    begin = time.perf_counter()
    error = refused(text)
    assert time.perf_counter() - begin < 1
    assert {one.code for one in error.diagnostics} <= {"Y105", "Y101"}


def test_the_depth_limit_is_named(parser: str) -> None:
    assert plain(tree("{a: " * MAX_DEPTH + "b" + "}" * MAX_DEPTH))
    (one,) = refused("{a: " * (MAX_DEPTH + 1) + "b" + "}" * (MAX_DEPTH + 1)).diagnostics
    assert (one.code, one.message) == ("Y105", f"nested more than {MAX_DEPTH} deep")
    assert one.mark is not None and one.mark.column == 4 * MAX_DEPTH + 1


def test_a_billion_laughs(parser: str) -> None:
    names = "abcdefghi"
    lines = ["a: &a [lol, lol]"] + [f"{n}: &{n} [{', '.join([f'*{b}'] * 9)}]" for b, n in pairwise(names)]
    error = refused("\n".join(lines))
    assert {one.code for one in error.diagnostics} == {"Y104"}
    assert len(error.diagnostics) <= MAX_FAULTS


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    tree("a: b")
    refused("a: [")
    assert gc.isenabled()
    gc.disable()
    try:
        tree("a: b")
        assert not gc.isenabled()
    finally:
        gc.enable()


# -- properties ----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["a", "b: ", "- ", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ",", ": ", "'", '"', "''", "\\", "\\u", "|",
     ">", "|\n", "#", " #", "&x ", "*x", "!t ", "!", "<<: ", "? ", "%", "%YAML 9", "%TAG", "---\n", "...\n", "\r\n",
     "\x85", "\u2028", "\ufeff", "\U0001f600", "é", "\0", "\ud800", "\x0c", "@", "`", "{{", "0", "x", "D800", "~", ""]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=60)))
@example('a: "\\U00110000"')
@example('a: "\\ud800"')
@example('"\\')
@example("%YAML " + "9" * 5000 + ".1\n---\na: b")
def test_only_spec_errors_and_marks_inside(text: str) -> None:
    for libyaml in {pyyaml.__with_libyaml__, False}:
        with mock.patch.object(pyyaml, "__with_libyaml__", libyaml):
            _check_any(text)


def _check_any(text: str) -> None:
    try:
        found = nodes(tree(text))
    except SpecError as error:
        told = error.diagnostics
        assert told
        for one in told:
            assert one.mark is not None and 0 <= one.mark.start <= one.mark.end <= len(text)
            assert "\n\n" not in rendered([one])
        return
    for node in found:
        assert 0 <= node.start <= node.end <= len(text)
        if isinstance(node, Scalar):
            assert node.offsets is not None or text[node.base : node.base + len(node.text)] == node.text
            mark = node.at(0, len(node.text))
            assert 0 <= mark.start <= mark.end <= len(text)


WORDS = st.text("ab é\U0001f600漢'\"\\|>:#-,[]{}&*!%@\t\n", max_size=12)
VALUES = st.recursive(
    WORDS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)


def folded(value: object) -> object:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return [folded(each) for each in value]
    assert isinstance(value, dict)
    return {folded(key): folded(each) for key, each in value.items()}


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(WORDS, VALUES, min_size=1, max_size=4),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.sampled_from([None, True, False]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_values_are_those_of_pyyaml(
    value: dict[str, object], style: str | None, flow: bool | None, escape: bool, newline: str
) -> None:
    pyyaml_text = pyyaml.dump(
        value,
        default_style=style,
        default_flow_style=flow,
        allow_unicode=not escape,
        line_break=newline,
        sort_keys=False,
    )
    try:
        expected = folded(pyyaml.load(pyyaml_text, pyyaml.BaseLoader))
        got = plain(tree(pyyaml_text))
    except SpecError as error:
        found = {one.code for one in error.diagnostics}
        assert found <= {"Y104", "Y102"}
        if "Y104" in found:  # an alias for an equal list, a tag for a key that PyYAML would type
            assert "*id" in pyyaml_text or "!!" in pyyaml_text or "! " in pyyaml_text
        else:  # block scalars that differ in the blanks at their end only
            assert style in ("|", ">")
        return
    assert got == expected


def test_a_key_behind_blanks_of_a_word_processor() -> None:
    source = Source("net.yaml", "input: 3x8x8\nlayers:\n  a: conv 3 3\n\xa0\xa0b: conv 3 3\n")
    (found,) = loading.network_of(source).diagnostics
    assert (found.code, found.help) == ("Y103", ("indent with plain blanks: U+00A0 is a letter to YAML",))
