"""The settings of a run as a configuration would write them."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.errors import codes
from cnncalc.linting.settings import Settings


def render(settings: Settings) -> str:
    """The settings as the text of a ``cnncalc.toml``."""
    values: dict[str, Any] = {
        "select": None if settings.select is None else list(settings.select),
        "ignore": list(settings.ignore),
        "extend-select": list(settings.extend_select),
        "exclude": list(settings.exclude),
        "extend-exclude": list(settings.extend_exclude),
        "force-exclude": settings.force_exclude,
        "fail-on": settings.fail_on,
        "format": settings.format,
        "baseline": settings.baseline,
        "warn-unused-ignores": settings.warn_unused_ignores,
        "docs-url": settings.docs_url,
    }
    lines = [f"# {settings.file or 'no configuration: these are the defaults'}", "[lint]"]
    for name, value in values.items():
        lines.append(f"# {name} is not set" if value is None else f"{name} = {_toml(value)}")
    ignored: dict[str, list[str]] = {}
    for pattern, listed in settings.per_file_ignores:  # by the file, by the command line: maybe twice
        ignored.setdefault(pattern, []).extend(listed)
    if ignored:
        lines += ["", "[lint.per-file-ignores]"]
        lines += [f"{_toml(pattern)} = {_toml([*dict.fromkeys(listed)])}" for pattern, listed in ignored.items()]
    if settings.budgets:
        lines += [
            "",
            "[lint.budgets]",
            *(f"{name.replace('_', '-')} = {_toml(value)}" for name, value in settings.budgets.items()),
        ]
    for code, options in settings.options.items():
        lines += ["", f"[lint.rules.{codes()[code]}]"]
        lines += [f"{name} = {_toml(value)}" for name, value in options.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A text, a number, a switch or a list of texts: TOML writes them as JSON does, but not a table."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {_toml(each)}' for name, each in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)
