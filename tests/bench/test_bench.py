"""The harness of the figures, run for seconds so that it cannot rot. No figure is judged here: `make bench` measures."""

import asyncio
import importlib
import math
from pathlib import Path

import msgspec
import pytest

from tests.bench.__main__ import keep, main, measures
from tests.bench.rows import Row, Stage, limit, ratio

_PATIENCE = 180  # seconds, on a machine that is busy with other tests
SEVERAL = [
    ratio("this / that", ours=2.0, reference=4.0, unit="1/s", goal=0.4, better="higher"),
    limit("memory", ours=10.0, unit="MiB", goal=9.0, better="lower"),
]


@pytest.mark.parametrize("name", measures())
async def test_every_measure_yields_whole_rows(name: str, tmp_path: Path) -> None:
    stage = Stage(folder=tmp_path, quick=True, say=lambda _: None)
    async with asyncio.timeout(_PATIENCE):
        rows = [row async for row in importlib.import_module(f"tests.bench.measure_{name}").measure(stage)]
    assert rows
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.name
        assert row.unit
        assert all(math.isfinite(number) for number in (row.ours, row.value, row.goal, row.reference or 0))
        assert row.met is (row.value >= row.goal if row.better == "higher" else row.value <= row.goal)
        assert msgspec.json.decode(msgspec.json.encode(row), type=Row) == row


def test_a_quick_run_prints_its_table_and_writes_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--quick", "photo"]) == 0
    assert "photo / libvips" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_only_a_full_run_takes_the_place_of_the_last_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "build" / "bench.json"
    keep(SEVERAL, names=[], quick=False)
    assert msgspec.json.decode(report.read_bytes(), type=list[Row]) == SEVERAL
    keep(SEVERAL[:1], names=["photo"], quick=False)
    keep([], names=[], quick=True)
    assert msgspec.json.decode(report.read_bytes(), type=list[Row]) == SEVERAL


def test_a_goal_is_met_from_its_own_side() -> None:
    assert [row.met for row in SEVERAL] == [True, False]
    assert SEVERAL[0].value == 0.5
