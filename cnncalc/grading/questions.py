"""Questions as an assignment writes them: ``conv1.params``, or a mapping; and what counts as right."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from fractions import Fraction

from cnncalc.errors import Diagnostic, SpecError, did_you_mean
from cnncalc.grading import asks
from cnncalc.grading.records import Accept, Question
from cnncalc.grading.tree_reader import TreeReader, first_mark
from cnncalc.source import Items, Mapping, Mark, Scalar, Source, Tree

QUESTION_KEYS = ("id", "layer", "ask", "blank", "points", "accept", "text")

SETTINGS = ("kernel", "stride", "pad", "dilation", "groups", "outpad", "mult")
"""Hyperparameters that ``conv2.pad`` asks for; ``blank:`` takes any."""


def question_of(text: str, name: str, accept: Accept) -> Question:
    """The question of ``conv1.params``, written where ``name`` says; raises :class:`SpecError` (A105, A108)."""
    source = Source(name, text)
    reader = QuestionReader(source)
    mark = Mark(source, 0, len(text))
    found = reader.asked(text.strip(), None, mark, Question("", None, "", Fraction(1), accept, mark=mark))
    if found is None:
        raise SpecError(reader.found)
    return found


def accepting(given: Dict[str, str], strict: bool) -> Accept:
    """What is accepted, from the keys and words of ``accept:``; raises :class:`SpecError` (A101, A106)."""
    found = Accept(tiling="strict" if strict else "floor")
    for key, text in given.items():
        if key not in asks.KEYS:
            hint = did_you_mean(key, asks.KEYS) or f"its keys are {', '.join(asks.KEYS)}"
            raise SpecError(Diagnostic("A101", f"unknown key {key!r}: not a key of accept", help=(hint,)))
        said = asks.accepted(key, text)
        if said.problem:
            raise SpecError(Diagnostic("A106", said.problem))
        found = found._replace(**{said.field: said.value})
    return found


class QuestionReader(TreeReader):
    """Reads questions, their points and what they accept."""

    def questions(self, tree: Tree, accept: Accept, points: Fraction) -> tuple[Question, ...]:
        if not isinstance(tree, Items):
            self.fault("A103", "questions must be a list", first_mark(tree), help=["for example `- conv1.output`"])
            return ()
        if not tree.items:
            self.fault("A103", "there are no questions", first_mark(tree))
        found: dict[str, Question] = {}
        for item in tree:
            question = self.question(item, accept, points)
            if question is None:
                continue
            first = found.get(question.id)
            if first is not None and first.mark is not None:
                why = f"first on line {first.mark.line}"
                self.fault("A107", f"two questions are called {question.id!r}", question.mark, why, ["give one an id:"])
            found.setdefault(question.id, question)
        return tuple(found.values())

    def question(self, tree: Tree, accept: Accept, points: Fraction) -> Question | None:
        if isinstance(tree, Scalar):
            return self.asked(tree.value, None, tree.mark, Question("", None, "", points, accept, mark=tree.mark))
        if not isinstance(tree, Mapping):
            self.fault("A103", "a question is conv1.params, or a mapping", first_mark(tree))
            return None
        keys = self.keys(tree, QUESTION_KEYS, "a question")
        layer = self.text(keys.get("layer"), "layer") or None
        ask = keys.get("ask") or keys.get("blank") or keys.get("layer")
        if ask is None:
            self.fault(
                "A102", "a question needs `layer` and `ask`", first_mark(tree), help=["`{layer: conv1, ask: params}`"]
            )
            return None
        base = Question(
            self.text(keys.get("id"), "id"), layer, "",
            self.points(keys["points"]) if "points" in keys else points,
            self.accept(keys.get("accept"), accept), self.text(keys.get("text"), "text"), None, first_mark(ask),
        )  # fmt: skip
        if "blank" in keys:
            if "ask" in keys:
                self.fault("A106", "a question has `ask` or `blank`, not both", first_mark(keys["ask"]))
            if layer is None:
                hint = "`{layer: conv1, blank: pad}`"
                self.fault("A108", "a hyperparameter is asked of a layer", first_mark(keys["blank"]), help=[hint])
            return named(base._replace(ask="blank", blank=self.text(keys["blank"], "blank")))
        return self.asked(self.text(keys["ask"], "ask") if "ask" in keys else "", layer, first_mark(ask), base)

    def asked(self, text: str, layer: str | None, mark: Mark, base: Question) -> Question | None:
        """The question of ``conv1.params``, or of ``params`` where the layer stands apart."""
        head, _, ask = text.rpartition(".") if layer is None else (layer, "", text)
        ask = asks.ALIASES.get(ask, ask)
        if layer is None and ask not in asks.ASKS and not head:
            self.fault(
                "A105", f"{text!r} asks for nothing", mark,
                help=["a question is LAYER.WHAT or total.WHAT, such as conv1.params"],
            )  # fmt: skip
            return None
        if layer is not None and not ask:
            ask = "output"
        about = None if head in ("", "total") else head
        if ask in asks.ASKS:
            if about is None and ask not in asks.TOTALS:
                self.fault("A108", f"{ask} is asked of a layer", mark, help=[f"`LAYER.{ask}`"])
                return None
            return named(base._replace(layer=about, ask=ask))
        if about is not None and ask in SETTINGS:
            return named(base._replace(layer=about, ask="blank", blank=ask))
        hint = did_you_mean(ask, (*asks.ASKS, *SETTINGS)) or f"ask for one of {', '.join(asks.ASKS)}"
        self.fault("A105", f"nothing is called {ask!r} that can be asked", mark, help=[hint])
        return None

    def points(self, tree: Tree) -> Fraction:
        found = self.number(tree, "points")
        if found is not None and found < 0:
            self.fault("A106", "points cannot be negative", first_mark(tree))
        return found if found is not None and found >= 0 else Fraction(1)

    def accept(self, tree: Tree | None, default: Accept) -> Accept:
        found = default
        for key, value in self.mapping(tree, "accept", "accept: {order: chw, rounding: sig:3}") or ():
            name = key.value
            if name not in asks.KEYS:
                hint = did_you_mean(name, asks.KEYS) or f"its keys are {', '.join(asks.KEYS)}"
                self.fault("A101", f"unknown key {name!r}", key.mark, "not a key of accept", [hint])
                continue
            said = asks.accepted(name, self.text(value, name))
            if said.problem:
                text = self.text(value, name)
                hint = did_you_mean(text, asks.WORDS.get(name, ()))
                self.fault("A106", said.problem, first_mark(value), help=[hint])
            else:
                found = found._replace(**{said.field: said.value})
        return found


def named(question: Question) -> Question:
    return question if question.id else question._replace(id=question.subject)
