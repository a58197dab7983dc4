"""Exact edits of a site's text: give a layer an option or take it away, drop a step, put one in, change a word.

Every function gives the edits, or nothing where they cannot be exact: escapes in a quoted scalar, a comment in between,
a form that it does not know.  No edits mean no fix; ``Site.fix`` understands that.
"""

from __future__ import annotations

import re

from cnncalc.errors import Edit
from cnncalc.layers import Kind, canonical, kind_of
from cnncalc.rules._spots import Spot
from cnncalc.rules._subject import Site, Subject
from cnncalc.source import Items, Mapping, Mark, Scalar, Tree
from cnncalc.spec.bind import vgg_call
from cnncalc.spec.syntax import Argument, Call, Name, Number, Padding, Short, Size, Span

Edits = tuple[Edit, ...]


def set_option(site: Site, field: str, words: str, value: str) -> Edits:
    """Give the layer an option: ``words`` as a phrase has it (``nobias``, ``p1``, ``pad=1``), ``value`` as the long
    form has it (``false``, ``1``).  What the call says of the field so far is replaced; the file's ``defaults:`` count
    for less than what stands at the call."""
    spot = site.spot
    if spot is None or spot.call is None:
        return ()
    if spot.long:
        return _set_key(site, field, value)
    if not spot.phrase:
        return ()
    given = options_of(spot.call)
    if field in given:
        span = given[field]
        return () if span == spot.call.word_span else _edit(spot, span, words)
    end = spot.call.span[1]
    if _in_parentheses(spot):
        close = end - 1
        blank = spot.text.text[:close].endswith("(")
        return _edit(spot, (close, close), words if blank else f" {words}")
    return _edit(spot, (end, end), f" {words}")


def remove_option(site: Site, field: str) -> Edits:
    """Take away what the call says of a field; nothing where it says nothing (it may come from ``defaults:``), nor
    where the numbers behind it would mean something else then."""
    spot = site.spot
    if spot is None or spot.call is None or spot.long or not spot.phrase:
        return ()
    spans = options_of(spot.call)
    span = spans.get(field)
    if span is None or span == spot.call.word_span or shifts(spot.call, field):
        return ()
    text = spot.text.text
    start, end = span
    before = len(text[:start].rstrip())
    if text[before - 1 : before] == ",":
        before -= 1
    if text[before - 1 : before] == "(":  # the first in the parentheses: its comma goes with it
        rest = re.compile(r"\s*,?\s*").match(text, end)
        return _edit(spot, (start, rest.end() if rest else end), "")
    return _edit(spot, (before, end), "")


def replace_word(site: Site, word: str) -> Edits:
    """Another layer word in place of this one, the arguments as they are."""
    spot = site.spot
    if spot is None or not (spot.phrase or spot.long):
        return ()
    atom = spot.call or spot.merge
    assert atom is not None
    return _edit(spot, atom.word_span, word)


def replace_call(site: Site, words: str) -> Edits:
    """Another step in place of the whole call."""
    spot = site.spot
    if spot is None or not spot.phrase:
        return ()
    return _edit(spot, spot.span, words)


def insert_after(site: Site, words: str) -> Edits:
    """A step (or several) behind this one: ``insert_after(site, "relu")`` writes `` | relu``."""
    spot = site.spot
    if spot is None or not spot.phrase or not _plain(spot, labels=True):
        return ()
    end = spot.step.span[1]
    return _edit(spot, (end, end), f" | {words}")


def insert_before(site: Site, words: str) -> Edits:
    """A step (or several) in front of this one: ``insert_before(site, "relu")`` writes ``relu | ``."""
    spot = site.spot
    if spot is None or not spot.phrase or not _plain(spot, labels=True):
        return ()
    start = spot.step.span[0]
    return _edit(spot, (start, start), f"{words} | ")


def remove_step(site: Site) -> Edits:
    """Take the step away with its ``|``; where it is a whole line, the line, if nothing speaks of its name.

    Nothing where the step has a label, a claim or a condition, or is all of a branch.
    """
    spot = site.spot
    if spot is None or not spot.phrase or not _plain(spot):
        return ()
    steps = spot.chain.steps
    if spot.position > 0:
        return _edit(spot, (steps[spot.position - 1].span[1], spot.step.span[1]), "")
    if len(steps) > 1:
        return _edit(spot, (spot.step.span[0], steps[1].span[0]), "")
    return _remove_line(site.subject, spot) if spot.outer else ()


def options_of(call: Call) -> dict[str, Span]:
    """The fields that a call of a layer gives, each with the stretch that says it (``stride 4`` is one)."""
    word = canonical(call.word)
    vgg = vgg_call(call.word)
    if vgg is not None:
        word = vgg[0]
    if word is None:
        return {}
    kind = kind_of(word)
    found: dict[str, Span] = {} if vgg is None else dict.fromkeys(vgg[1], call.word_span)
    rest = list(call.arguments)
    while rest:
        argument = rest.pop(0)
        value, option = argument.value, argument.option
        if option is not None:
            field = "stride" if option == "/" else option if option in kind.fields else kind.letters.get(option, option)
        elif isinstance(value, Short) and value.letter in kind.letters:
            field = kind.letters[value.letter]
        elif isinstance(value, Name) and _spelled_out(value.text, kind, rest):
            found[value.text] = (argument.span[0], rest.pop(0).span[1])
            continue
        elif isinstance(value, Name) and value.text.lower() in kind.words:
            field = kind.words[value.text.lower()][0]
        else:
            wanted = (
                kind.sides if isinstance(value, Padding) else kind.sizes if isinstance(value, Size) else kind.fields
            )
            open_fields = [each for each in kind.fields if each not in found and each in wanted]
            if not open_fields:
                continue
            field = open_fields[0]
        found[field] = argument.span
    return found


def shifts(call: Call, field: str) -> bool:
    """Whether other arguments would mean something else without that of a field: the 1 of ``conv 16 3 /1 1`` is the
    padding, and without the ``/1`` the stride."""
    spans = options_of(call)
    start, end = spans.pop(field)
    left = tuple(each for each in call.arguments if not start <= each.span[0] < end)
    return options_of(call._replace(arguments=left)) != spans


def number_given(call: Call, field: str) -> int | None:
    """The whole number that a call says for a field in plain digits; None where it says something else, or nothing."""
    span = options_of(call).get(field)
    for argument in call.arguments:
        value = argument.value.value if isinstance(argument.value, Short) else argument.value
        if span == argument.span and isinstance(value, Number) and isinstance(value.value, int):
            return value.value
    return None


# -- inside ----------------------------------------------------------------------------------------------------------


def _spelled_out(word: str, kind: Kind, rest: list[Argument]) -> bool:
    """Whether a word is the name of an option and its value stands behind it: ``stride 4``, ``bias true``."""
    if word not in kind.fields or not rest or rest[0].option is not None:
        return False
    return word not in kind.words or getattr(rest[0].value, "text", "") in ("true", "false")


def _in_parentheses(spot: Spot) -> bool:
    assert spot.call is not None
    return spot.text.text[spot.call.word_span[1] :].startswith("(")


def _plain(spot: Spot, labels: bool = False) -> bool:
    """Whether the step is a bare call: no condition, and no label or claim unless ``labels``."""
    step = spot.step
    return step.test is None and step.atom in (spot.call, spot.merge) and (labels or not step.suffixes)


def _edit(spot: Spot, span: Span, words: str) -> Edits:
    """The edit of a stretch of a phrase; nothing where the file says something else there (a comment)."""
    mark = spot.text.at(*span)
    here = spot.text.source.text[mark.start : mark.end]
    if here != spot.text.text[span[0] : span[1]] or not _allowed(spot.text, words):
        return ()
    return (Edit(mark, words),)


def _allowed(text: Scalar, words: str) -> bool:
    """Whether the words mean themselves where they are put: in quotes, in ``{...}``, in plain text."""
    if text.quoted:
        return not set(words) & set("'\"\\")
    return not set(words) & set("{}[]#'\"\n") and ": " not in words and not (set(words) & {","} and text.base > 0)


def _set_key(site: Site, field: str, value: str) -> Edits:
    """The same in the long form."""
    mapping = _mapping_at(site.subject.tree, site.mark.start)
    if mapping is None:
        return ()
    old = mapping.get(field)
    if old is not None:
        return (Edit(old.mark, value),) if isinstance(old, Scalar) and old.text else ()
    source = mapping.source
    end = mapping.items[-1][1].end
    if mapping.flow:
        return (Edit(Mark(source, end, end), f", {field}: {value}"),)
    first, last = mapping.items[0][0], mapping.items[-1][0]
    newline = "\r\n" if "\r\n" in source.text else "\n"
    indent = " " * (first.mark.column - 1)
    line = source.line(source.position(end)[0])
    if not line[source.position(end)[1] - 1 :].strip() and isinstance(mapping.items[-1][1], Scalar):
        return (Edit(Mark(source, end, end), f"{newline}{indent}{field}: {value}"),)
    return (Edit(Mark(source, last.start, last.start), f"{field}: {value}{newline}{indent}"),)


def _mapping_at(tree: Tree, start: int) -> Mapping | None:
    """The long form whose ``op`` stands at this place."""
    waiting: list[Tree] = [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            op = each.get("op")
            if isinstance(op, Scalar) and op.start == start:
                return each
            waiting += [value for _, value in each]
        elif isinstance(each, Items):
            waiting += each.items
    return None


def _remove_line(subject: Subject, spot: Spot) -> Edits:
    """The whole line of a block mapping or list, where nothing but this step stands and nobody names it."""
    statement, source = spot.statement, spot.text.source
    if spot.line in (0, len(spot.statements) - 1):
        return ()
    first = statement.mark.start
    text = source.text
    start = max(text.rfind(each, 0, first) for each in "\r\n") + 1
    ends = [at for at in (text.find(each, spot.text.end) for each in "\r\n") if at >= 0]
    if not ends or text[start:first].strip() not in ("", "-") or text[spot.text.end : min(ends)].strip():
        return ()
    end = min(ends)
    end += 2 if text.startswith("\r\n", end) else 1
    if statement.name is not None and any(at != first for at in subject.mentions(statement.name)):
        return ()
    return (Edit(Mark(source, start, end), ""),)
