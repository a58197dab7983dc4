"""What can be wrong with a YAML text, said in our words and at our places."""

from __future__ import annotations

import re
import unicodedata

import yaml as pyyaml

from cnncalc.errors import Diagnostic
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ODD_BLANK = re.compile(r" *([\t\xa0\u2000-\u200a\u202f\u205f\u3000])")
_WORD = re.compile(r"([A-Za-z_]\w*)\s*$")
_NO_BLANK = re.compile(r"\s*([A-Za-z_]\w*):([^\s:/#][^:#]*?)\s*(?:#.*)?$")
_VALUE = re.compile(r":[ \t]+([^\s,|)]+)")
_WORDS = (
    ("did not find expected", "expected"),
    ("could not find expected", "expected"),
    ("in this context", "here"),
    ("<block end>", "the end of the block"),
    ("<stream end>", "the end of the text"),
)


def duplicate(key: Scalar, first: Scalar, path: str) -> Diagnostic:
    where = f" in {path}" if path else ""
    return Diagnostic(
        "Y102", f"{key.value!r} stands twice{where}", key.mark, notes=(f"first on line {first.mark.line}",)
    )


def alias(mark: Mark) -> Diagnostic:
    written = mark.source.text[mark.start : mark.end]
    return Diagnostic(
        "Y104",
        f"{written!r} is a YAML alias, which an architecture file may not hold",
        mark,
        help=(
            "what is used several times belongs under blocks: (fresh weights) or shared: (the same weights)",
            "a value that begins with '*' needs quotes",
        ),
    )


def node_property(mark: Mark) -> Diagnostic:
    written = mark.source.text[mark.start : mark.end]
    if written.startswith("&"):
        return Diagnostic(
            "Y104",
            f"{written!r} is a YAML anchor, which an architecture file may not hold",
            mark,
            help=("what is used several times belongs under blocks: (fresh weights) or shared: (the same weights)",),
        )
    way_out = "delete it: values are plain text, and a layer decides what it reads"
    if written.startswith("!inc"):
        way_out = "import: FILE.yaml brings the blocks of another file"
    return Diagnostic(
        "Y104", f"{written!r} is a YAML tag, which an architecture file may not hold", mark, help=(way_out,)
    )


def merge_key(mark: Mark) -> Diagnostic:
    return Diagnostic(
        "Y104",
        "'<<' is a YAML merge key, which an architecture file may not hold",
        mark,
        help=("import: FILE.yaml brings the blocks of another file, defaults: holds options that many layers share",),
    )


def second_document(mark: Mark) -> Diagnostic:
    return Diagnostic(
        "Y104",
        "a second YAML document begins here; an architecture file is one document",
        mark,
        help=("put several networks under nets:, or each into a file of its own",),
    )


def directive(mark: Mark) -> Diagnostic:
    return Diagnostic("Y104", "'%TAG' is a YAML directive for tags, which are not read", mark, help=("delete it",))


def too_deep(source: Source, start: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "Y105",
        f"nested more than {limit} deep",
        Mark(source, start, start + 1),
        help=("an architecture file needs about five levels; repeated parts belong under blocks:",),
    )


def odd_key(node: Mapping | Items) -> Diagnostic:
    kind = "list" if isinstance(node, Items) else "mapping"
    help = ("write `name: value`",)
    before = node.source.text[max(node.start - 1, 0) : node.start + 2]
    if kind == "mapping" and "{{" in before:
        help = ("templates such as {{ x }} are not filled in: use params: and variants:",)
    return Diagnostic("Y107", f"a key is a name, not a {kind}", Mark(node.source, node.start, node.end), help=help)


def not_a_mapping(source: Source, root: Tree | None) -> Diagnostic:
    """Y004 or Y005: a text without a document, or one whose top level is something else."""
    if root is None or (isinstance(root, Scalar) and not root.quoted and not root.text.strip()):
        return Diagnostic(
            "Y004",
            f"{source.name} is empty" if not source.text.strip() else f"{source.name} holds nothing but comments",
            Mark(source, 0, 0),
            help=("an architecture file is a mapping with `layers:`",),
        )
    kind = "a list" if isinstance(root, Items) else "a single value"
    help = "an architecture file is a mapping with `layers:`"
    if isinstance(root, Items):
        help += "; write `layers:` above the list"
    elif isinstance(root, Scalar) and re.search(r"\||->|→|;", root.text):
        help += "; a network on one line is read from text that does not call itself YAML"
    return Diagnostic("Y005", f"this is {kind}, not an architecture", root.mark, help=(help,))


def syntax(source: Source, error: Exception, brackets: list[int], limit: int) -> Diagnostic:
    """Y101: PyYAML's complaint; ``brackets`` are the places of the ``[`` and ``{`` that are still open.

    Y105 where the parser has met its own limit of depth, which is larger than ours, before ours was seen.
    """
    if not isinstance(error, pyyaml.MarkedYAMLError):
        return _unprintable(source, error)
    context = error.context or ""
    place, opened = _index(source, error.problem_mark), _index(source, error.context_mark)
    problem = error.problem or "cannot be read"
    if "nesting depth" in problem:
        return too_deep(source, max(place - 1, 0), limit)
    odd = ("simple key" in context and _odd_blank(source, opened)) or _odd_blank(source, place)
    if odd:
        name = "a tab" if odd[1] == "\t" else f"U+{ord(odd[1]):04X} ({unicodedata.name(odd[1]).lower()})"
        help = "indent with blanks, two per level"
        return _invalid(source, f"{name} cannot indent a line", odd.start(1), help=help)
    if "quoted scalar" in context and "unexpected" in problem:
        quote = source.text[opened : opened + 1]
        return _invalid(source, f"this {quote} is never closed", opened)
    bracket = max([at for at in [*brackets, opened] if source.text[at : at + 1] in ("[", "{")], default=None)
    if "flow" in context or (bracket is not None and brackets):
        return _bracket(source, bracket, place, problem)
    above = source.position(place)[0] - 1
    no_key = _NO_BLANK.match(source.line(above)) if above > 0 else None
    if no_key and (problem.startswith("mapping values are not allowed") or "block mapping" in context):
        start = source.text.rindex(no_key[0].lstrip(), 0, place)
        help = f"a blank follows the ':' of a key: {no_key[1]}: {no_key[2]}"
        return _invalid(source, "this line has no ': '", start, start + len(no_key[0].lstrip()), help=help)
    if problem.startswith("mapping values are not allowed"):
        return _mapping_value(source, place)
    if "simple key" in context:
        line = source.line(source.position(opened)[0])
        end = opened + len(line.rstrip()) - source.position(opened)[1] + 1
        help = "write `name: value`; text that goes on from the line above stands further right than its key"
        if source.text[opened:end].startswith("-"):
            help = "a list item begins with '- ', with a blank"
        return _invalid(source, "this line has no ': '", opened, end, help)
    if "unknown escape" in problem:
        place = max(source.text.rfind("\\", opened, place + 1), opened)
        help = "inside \"...\" a backslash is written twice; '...' knows no escapes"
        return _invalid(source, "unknown escape", place, place + 2, help)
    if "document start" in problem:
        help = "an architecture file is one document: delete the '...' or the '%' line above"
        return _invalid(source, "text behind the end of the document", place, help=help)
    if "cannot start any token" in problem or "node content" in problem:
        sign = source.text[place : place + 1]
        return _invalid(source, f"a value cannot begin with {sign!r}", place, help="put the value into quotes")
    if "block mapping" in context or "block collection" in context:
        return _block(source, opened, place, "mapping" in context)
    for old, new in _WORDS:
        problem = problem.replace(old, new)
    note = f"{context}, from line {source.position(opened)[0]} on" if context and error.context_mark else ""
    return _invalid(source, problem, place, note=note)


def _invalid(source: Source, what: str, start: int, end: int = 0, help: str = "", note: str = "") -> Diagnostic:
    return Diagnostic(
        "Y101",
        f"not valid YAML: {what}",
        Mark(source, start, min(max(end, start + 1), len(source.text))),
        notes=(note,) if note else (),
        help=(help,) if help else (),
    )


def _index(source: Source, mark: object) -> int:
    return min(max(int(getattr(mark, "index", 0)), 0), len(source.text))


def _odd_blank(source: Source, place: int) -> re.Match[str] | None:
    """The tab, or the blank of a word processor, in front of the line's first word."""
    return _ODD_BLANK.match(source.text, place - source.position(place)[1] + 1)


def _unprintable(source: Source, error: Exception) -> Diagnostic:
    found = _UNPRINTABLE.search(source.text, 1 if source.text.startswith("\ufeff") else 0)
    if not found:
        return _invalid(source, str(error).splitlines()[0] if str(error) else type(error).__name__, 0)
    sign = found[0]
    number = f"U+{ord(sign):04X}"
    name = {"\0": "NUL", "\x0c": "form feed", "\x1b": "escape", "\ufeff": "byte-order mark"}.get(sign)
    name = name or unicodedata.name(sign, "")
    said = f"{number} ({name})" if name else number
    return _invalid(source, f"the character {said} cannot stand in YAML", found.start(), help="delete it")


def _bracket(source: Source, bracket: int | None, place: int, problem: str) -> Diagnostic:
    """A fault inside ``[...]`` or ``{...}``: most often the closing bracket is missing."""
    if bracket is None:
        return _invalid(source, "a value is missing here", place)
    sign = source.text[bracket]
    closing = "]" if sign == "[" else "}"
    line = source.position(bracket)[0]
    if source.position(place)[0] != line or not source.text[place:].strip():
        return _invalid(
            source, f"this {sign!r} is never closed", bracket, help=f"close it with {closing!r} behind its last value"
        )
    if problem.startswith("mapping values"):
        return _mapping_value(source, place)
    what = "a value is missing here" if "node content" in problem else f"expected ',' or {closing!r}"
    return _invalid(source, what, place, note=f"the {sign!r} stands on line {line}")


def _mapping_value(source: Source, place: int) -> Diagnostic:
    """A ``: `` where no key can be: in a phrase, or on a line that goes on from the one above."""
    what = "mapping values are not allowed here"
    line, column = source.position(place)
    text = source.line(line)
    before = text[: column - 1].split()
    if len(before) <= 1 and line > 1 and ":" not in "".join(before):
        help = (
            f"this line goes on from line {line - 1}: give both the same indentation, "
            f"or end line {line - 1} with ':' if it is a key"
        )
        return _invalid(source, what, place, help=help)
    words = _WORD.search(text[max(column - 60, 0) : column - 1])
    value = _VALUE.match(text, column - 1)
    if text.startswith(("name:", "about:")):
        return _invalid(source, what, place, help="': ' ends a key; a text that holds it needs quotes around it")
    if not (words and value):
        return _invalid(source, what, place, help="': ' ends a key, so a phrase may not hold it; put text into quotes")
    name, given = words[1], value[1]
    short = f"{name}={given} or /{given}" if name == "stride" else f"{name}={given}"
    return _invalid(
        source,
        what,
        place,
        help=f"': ' ends a key, so a phrase may not hold it; write {short}, not `{name}: {given}`",
    )


def _block(source: Source, opened: int, place: int, mapping: bool) -> Diagnostic:
    """Something stands where the next key or list item should."""
    first = source.position(opened)[0]
    before = source.text[:place].rstrip(" \t")
    sign = source.text[place : place + 1]
    if before.endswith(("'", '"')) and sign not in ("", "\n"):
        quote = before[-1]
        way_out = f"write {quote}{quote} for a quote inside '...'" if quote == "'" else 'write \\" inside "..."'
        return _invalid(source, f"text goes on behind the closing {quote}", place, help=way_out)
    if sign in ("]", "}"):
        return _invalid(source, f"nothing is open that {sign!r} could close", place)
    if sign == ":":
        return _invalid(source, "there is no key in front of this ':'", place, help="write `name: value`")
    if mapping and sign == "-":
        what = f"a list item inside the mapping that begins on line {first}"
        help = "a mapping has `name: value` lines only; a list begins each line with '- '"
        return _invalid(source, what, place, help=help)
    if not mapping:
        what = f"expected '- ': the list that begins on line {first} goes on with list items only"
        return _invalid(source, what, place, help="indent alike what belongs together")
    column = source.position(opened)[1]
    what = "the indentation fits no key above"
    help = f"the keys of the mapping that begins on line {first} start in column {column}"
    return _invalid(source, what, place, help=help)
