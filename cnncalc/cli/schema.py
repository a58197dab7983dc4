"""Print the JSON Schema of architecture files, for editors.

With --report it is the schema of what `summarize --format json` prints.
"""

from __future__ import annotations

import click


@click.command()
@click.option("--report", is_flag=True, help="The schema of `summarize --format json` instead.")
def command(report: bool) -> None:
    import json

    from cnncalc import schema
    from cnncalc.cli import _output

    made = schema.report() if report else schema.architecture()
    _output.echo(json.dumps(made, indent=2, ensure_ascii=False))
