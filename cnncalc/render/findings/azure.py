"""Logging commands of Azure Pipelines."""

from __future__ import annotations

from cnncalc.linting.records import Outcome
from cnncalc.render.findings._common import explained, one_line


def render(outcome: Outcome) -> str:
    lines = []
    for each in outcome.new:
        properties = {
            "type": "error" if each.severity == "error" else "warning",
            "sourcepath": each.path,
            "linenumber": each.mark.line,
            "columnnumber": each.mark.column,
            "code": f"{each.code} {each.diagnostic.name}",
        }
        listed = "".join(f"{name}={_property(str(value))};" for name, value in properties.items())
        lines.append(f"##vso[task.logissue {listed}]{_data(explained(each))}\n")
    return "".join(lines)


def _data(words: str) -> str:
    return words.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(one_line(words)).replace(";", "%3B").replace("]", "%5D")
