"""`python -m tests.bench [--quick] [NAME...]`: the table of figures, each beside its reference, and build/bench.json.

A measurement is a module measure_<name>.py with `async def measure(stage: Stage) -> AsyncIterator[Row]`.
"""

import argparse
import asyncio
import importlib
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aftercare.db.programs import binaries
from tests.bench.rows import Row, Stage

_HERE = Path(__file__).parent
_REPORT = Path("build") / "bench.json"


def measures() -> list[str]:
    """What can be measured, by name."""
    return sorted(file.stem.removeprefix("measure_") for file in _HERE.glob("measure_*.py"))


async def _measure(names: list[str], *, quick: bool, console: Console) -> list[Row]:
    rows: list[Row] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        for name in names:
            task = progress.add_task(name)

            def say(text: str, task: object = task, name: str = name) -> None:
                progress.update(task, description=f"{name}: {text}")  # type: ignore[arg-type]

            with tempfile.TemporaryDirectory(prefix="aftercare-bench-") as folder:
                stage = Stage(folder=Path(folder), quick=quick, say=say)
                async for row in importlib.import_module(f"tests.bench.measure_{name}").measure(stage):
                    rows.append(row)
                    progress.console.print(_line(row), markup=False)
            progress.remove_task(task)
    return rows


def _line(row: Row) -> str:
    beside = "" if row.reference is None else f" beside {row.reference:,.4g}"
    sign = ">=" if row.better == "higher" else "<="
    return (
        f"{'met ' if row.met else 'MISS'} {row.name}: {row.value:,.3g} (goal {sign} {row.goal:,g};"
        f" {row.ours:,.4g}{beside} {row.unit})"
    )


def _table(rows: list[Row]) -> Table:
    table = Table(title="Figures, each measured beside its reference in this run")
    for heading in ("what", "ours", "reference", "unit", "value", "goal", "met"):
        table.add_column(heading, justify="left" if heading in {"what", "unit", "met"} else "right")
    for row in rows:
        reference = "" if row.reference is None else f"{row.reference:,.4g}"
        sign = ">=" if row.better == "higher" else "<="
        table.add_row(
            row.name, f"{row.ours:,.4g}", reference, row.unit, f"{row.value:,.3g}", f"{sign} {row.goal:,g}",
            "yes" if row.met else "no", style=None if row.met else "red",
        )  # fmt: skip
    return table


def _disk() -> str:
    """What one durable write costs here: the figures below are to be read beside it."""
    with tempfile.TemporaryDirectory(prefix="aftercare-bench-", dir=".") as folder:
        answer = subprocess.run(
            [str(binaries() / "pg_test_fsync"), "-s", "1", "-f", f"{folder}/file"],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    return answer.stdout


def keep(rows: list[Row], *, names: list[str], quick: bool) -> None:
    """Write the report of a full run; part of the figures, or quick ones, would take the place of true ones."""
    if not names and not quick:
        _REPORT.parent.mkdir(exist_ok=True)
        _REPORT.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))


def main(arguments: list[str] | None = None) -> int:
    """Measure; the exit code is 0 whether or not a goal was met: the table says which."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", choices=[*measures(), []])
    parser.add_argument(
        "--quick", action="store_true", help="seconds only: shows that it works, measures nothing"
    )
    asked = parser.parse_args(arguments)
    console = Console(stderr=True, highlight=False)
    if not asked.quick and (binaries() / "pg_test_fsync").exists():
        console.print(_disk(), markup=False)
    console.print(
        f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}", markup=False
    )
    rows = asyncio.run(_measure(asked.names or measures(), quick=asked.quick, console=console))
    keep(rows, names=asked.names, quick=asked.quick)
    Console(width=160, highlight=False).print(_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
