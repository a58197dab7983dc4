"""Lint architectures as in CI: shapes, structure, practice, budgets, expectations.

PATHS are files, folders (the *.yaml and *.yml below them that are architectures), - for stdin, bundled names, or
networks on one line; without any it is the working directory.  Settings stand in [tool.cnncalc.lint] of pyproject.toml
or in cnncalc.toml.  Codes may be prefixes (P) or names (bias-before-norm); lists have commas between.

\b
  cnncalc lint                                everything below here
  cnncalc lint --select P --statistics nets/  rules about practice, counted
  cnncalc lint --fix net.yaml                 repair what can be repaired
  cnncalc rule P101                           what a rule means

Exit status: 0 clean, 1 findings from --fail-on up, 2 paths or settings that cannot be used.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli._options import Whole, complete_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.linting.records import Outcome
    from cnncalc.linting.settings import Settings

FORMATS = (
    "full", "concise", "grouped", "json", "json-lines", "github", "gitlab", "sarif", "junit", "rdjson", "azure",
)  # fmt: skip
"""Those of ``linting.settings``, written down here so that ``--help`` need not load it."""

MANY = 300
"""From so many files on there is a progress bar."""


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...", shell_complete=complete_target)
@click.option("--select", metavar="CODES", multiple=True, help="Only these rules (ALL: every rule).")
@click.option("--ignore", metavar="CODES", multiple=True, help="Without these rules.")
@click.option("--extend-select", metavar="CODES", multiple=True, help="These rules besides the usual ones.")
@click.option("--per-file-ignores", metavar="PATTERN:CODES", multiple=True, help="Without these rules in some files.")
@click.option(
    "--exclude", metavar="PATTERNS", multiple=True, help="Leave these files and folders out, as .gitignore has them."
)
@click.option("--force-exclude", is_flag=True, help="Leave excluded files out although they are named.")
@click.option("--fix", is_flag=True, help="Repair what can be repaired; the figures stay.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also what changes figures or meaning.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option(
    "--format", "--output-format", "format_", metavar="FORMAT", type=click.Choice(FORMATS), envvar="CNNCALC_FORMAT",
    show_envvar=True, help=f"One of {', '.join(FORMATS)}.  [default: full]",
)  # fmt: skip
@click.option("--output-file", metavar="FILE", help="Write the report there.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    help="The least severity that fails.  [default: warning]",
)
@click.option("--exit-zero", is_flag=True, help="Findings do not fail.")
@click.option("--baseline", metavar="FILE", help="Leave out what was found when FILE was written.")
@click.option("--write-baseline", is_flag=True, help="Write the baseline, or take out of it what is repaired.")
@click.option("--warn-unused-ignores", is_flag=True, help="An ignore that hides nothing is a warning.")
@click.option("--stdin-filename", metavar="NAME", help="What the text of stdin is called.")
@click.option("--config", metavar="FILE", help="This configuration instead of the nearest.")
@click.option("--no-config", is_flag=True, help="No configuration.")
@click.option("--jobs", type=Whole(1), help="Processes at once.  [default: as many as pay]")
@click.option("--show-files", is_flag=True, help="Only say which files would be linted.")
@click.option("--show-settings", is_flag=True, help="Only show the settings.")
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **options: Any) -> None:
    from cnncalc import api
    from cnncalc.cli import _output
    from cnncalc.errors import SpecError
    from cnncalc.files import STDIN
    from cnncalc.linting.records import Outcome
    from cnncalc.linting.targets import Configuration

    chosen = paths or (("-",) if options["stdin_filename"] else (".",))
    refuse_what_excludes(options, chosen)
    try:
        override = overriding(options)
        configuration = Configuration(options["config"], not options["no_config"], override)
        settings = configuration.for_paths(chosen)
        if options["show_settings"]:
            show_settings(settings)
            return
        if options["show_files"]:
            show_files(chosen, configuration)
            return
        if options["write_baseline"] and settings.baseline is None:
            raise click.UsageError("--write-baseline needs --baseline FILE, or `baseline` in the configuration")
        outcome = api.lint(
            chosen,
            config=options["config"],
            use_config=not options["no_config"],
            override=override,
            fix=options["fix"] or options["diff"],
            unsafe_fixes=options["unsafe_fixes"],
            jobs=options["jobs"],
            stdin_name=options["stdin_filename"] or STDIN,
            first_baseline=options["write_baseline"],
            track=lambda results, total: _output.progress(results, "linting", total) if total > MANY else results,
        )
    except SpecError as error:
        if options["format_"] != "json":
            raise
        outcome = Outcome((), errors=error.diagnostics, settings=settings_of("json"))
    ctx.exit(finish(outcome, options))


def refuse_what_excludes(options: dict[str, Any], paths: tuple[str, ...]) -> None:
    """Options that go with no other ones are refused, instead of one of them being passed over."""
    for one in ("fix", "diff"):
        if options["write_baseline"] and options[one]:
            raise click.UsageError(f"--write-baseline and --{one}: one after the other")
    for one in ("output_file", "statistics"):
        if options["diff"] and options[one]:
            raise click.UsageError(f"--diff shows the changes and no report: leave out --{one.replace('_', '-')}")
    if options["no_config"] and options["config"] is not None:
        raise click.UsageError("--config and --no-config exclude each other")
    if options["stdin_filename"] and "-" not in paths:
        raise click.UsageError("--stdin-filename names the text of stdin: add - to the PATHS")


def settings_of(format_: str) -> Settings:
    from cnncalc.linting.settings import Settings

    return Settings(format=format_)


def overriding(options: dict[str, Any]) -> Any:
    """What the command line says, as a change of settings."""
    from cnncalc.linting.config import check_selectors

    def listed(name: str) -> tuple[str, ...]:
        return tuple(word.strip() for each in options[name] for word in each.split(",") if word.strip())

    select = check_selectors(listed("select"), "--select") or None
    ignore = check_selectors(listed("ignore"), "--ignore")
    extend = check_selectors(listed("extend_select"), "--extend-select")
    per_file = []
    for each in options["per_file_ignores"]:
        pattern, colon, codes = each.rpartition(":")
        if not colon or not pattern:
            raise click.BadParameter(f"{each!r} is not PATTERN:CODES", param_hint="--per-file-ignores")
        words = tuple(word.strip() for word in codes.split(",") if word.strip())
        if not words:
            raise click.BadParameter(f"{each!r} names no CODES behind the colon", param_hint="--per-file-ignores")
        per_file.append((pattern, check_selectors(words, "--per-file-ignores")))
    exclude = listed("exclude")

    def override(settings: Settings) -> Settings:
        return settings.chosen_over(select, extend, ignore)._replace(
            per_file_ignores=(*settings.per_file_ignores, *per_file),
            extend_exclude=(*settings.extend_exclude, *exclude),
            force_exclude=settings.force_exclude or options["force_exclude"],
            fail_on=options["fail_on"] or settings.fail_on,
            format=options["format_"] or settings.format,
            baseline=options["baseline"] or settings.baseline,
            warn_unused_ignores=settings.warn_unused_ignores or options["warn_unused_ignores"],
        )

    return override


def show_settings(settings: Settings) -> None:
    from cnncalc.cli import _output
    from cnncalc.render.findings import settings as render

    _output.echo(render.render(settings))


def show_files(paths: Iterable[str], configuration: Any) -> None:
    from cnncalc.cli import _output
    from cnncalc.linting.targets import linted
    from cnncalc.loading import find_source

    for path in paths:
        if path != "-" and not os.path.exists(path):
            find_source(path)  # says why there is no such thing
    _output.echo("".join(f"{each}\n" for each in linted(paths, configuration)) or "no file\n")


def finish(outcome: Outcome, options: dict[str, Any]) -> int:
    """Write the fixes, the baseline and the report; the exit status."""
    from cnncalc.cli import _output
    from cnncalc.linting import run
    from cnncalc.render.findings import counted

    if options["diff"]:
        differs = show_diff(outcome)
        print_unusable(outcome)
        return 2 if outcome.errors else int(differs and not options["exit_zero"])
    if options["fix"]:
        outcome = run.write_changes(outcome)
    elif options["write_baseline"] and not outcome.errors:
        count = counted(run.write_baseline(outcome), "finding")
        _output.echo(f"wrote {count} to {outcome.settings.baseline}", sys.stderr)
        if not outcome.compared:
            return 0
        outcome = outcome._replace(obsolete=0)
    for _, _, text in outcome.texts:
        _output.echo(text)
    write_report(outcome, options, sys.stderr if outcome.texts else sys.stdout)
    if outcome.settings.format != "json":
        print_unusable(outcome)
    return 0 if options["exit_zero"] and not outcome.errors else outcome.exit_code


def print_unusable(outcome: Outcome) -> None:
    from cnncalc.cli import _output

    if outcome.errors:
        _output.print_errors(outcome.errors)


def show_diff(outcome: Outcome) -> bool:
    """Print what fixes would change; whether there is anything."""
    from cnncalc.cli import _output
    from cnncalc.render import patch
    from cnncalc.render.findings import counted

    changes = [each for each in (*outcome.changes, *outcome.texts) if each[1] != each[2]]
    for path, before, after in changes:
        _output.echo(patch.unified(before, after, path))
    fixes = counted(sum(outcome.applied.values()), "fix", "fixes")
    _output.echo(f"{fixes} in {counted(len(changes), 'file')}", sys.stderr)
    return bool(changes)


def write_report(outcome: Outcome, options: dict[str, Any], stream: Any) -> None:
    """The report in the format asked for, to its file or stream; the summary of a GitHub job besides."""
    from cnncalc.cli import _output
    from cnncalc.files import replace_file
    from cnncalc.render import findings

    format_ = outcome.settings.format
    screen = _output.terminal(stream)
    if options["statistics"]:
        from cnncalc.render.findings import statistics

        text = statistics.render(outcome, as_json=format_ == "json")
    elif format_ == "full" and not options["output_file"]:
        from cnncalc.render.findings import full

        shown = full.coloured if screen.colour else full.render
        text = shown(outcome, screen.width if screen.interactive else None)
    else:
        text = findings.render(outcome, format_)
    if options["output_file"]:
        replace_file(options["output_file"], text)
    elif text:
        _output.echo(text, stream)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if format_ == "github" and summary:
        from cnncalc.render.findings import github

        with open(summary, "a", encoding="utf-8") as file:
            file.write(github.summary(outcome))
