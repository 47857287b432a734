"""`aftercare checks backtest`: files without a database, a clinic with one, tables and JSON lines, and what it refuses."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aftercare.backtesting import PackFileError, Report, read_pack, run_on_clinic, run_on_files
from aftercare.errors import Malformed
from aftercare.services.backtest import BacktestDraft
from aftercare.settings import Settings
from tests.services.conftest import Treat

LOOSER = {"expected": {"microneedling": {"swelling": [4] * 20}}}
CASE = {
    "timeline": {
        "id": "S1",
        "modality": "microneedling",
        "session_at": "2026-03-02T11:00:00+00:00",
        "check_ins": [{"day": 3, "answers": {"swelling": 2}}, {"day": 4, "answers": {"tingling": True}}],
    },
    "expect": {"flag_by": 3, "at_least": "soon", "checks": ["swelling"]},
}


def written(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def report(*, as_json: bool = False) -> tuple[Report, StringIO]:
    out = StringIO()
    quiet = Console(file=StringIO())
    return Report(Console(file=out, width=200, highlight=False), quiet, as_json=as_json), out


async def test_files_are_tried_beside_the_shipped_pack_with_their_cases(tmp_path: Path) -> None:
    case, changes = written(tmp_path, "case.json", CASE), written(tmp_path, "looser.json", LOOSER)
    told, out = report()
    await run_on_files([case], str(changes), told)
    said = out.getvalue()
    assert "2 check-ins of 1 patients" in said
    assert "default-1+looser" in said
    assert "Lost: 1" in said
    assert "S1" in said
    (cases,) = [line for line in said.splitlines() if "cases as expected" in line]
    assert [part.strip() for part in cases.split("│")[2:5]] == ["1", "0", "of 1"]


async def test_json_lines_hold_every_difference_and_the_summary_last(tmp_path: Path) -> None:
    case, changes = written(tmp_path, "case.json", CASE), written(tmp_path, "looser.json", LOOSER)
    told, out = report(as_json=True)
    await run_on_files([case] * 20, str(changes), told)
    *lost, last = map(json.loads, out.getvalue().splitlines())
    assert [(one["kind"], one["timeline"]) for one in lost] == [("lost", "S1")] * 20
    assert (last["type"], last["differences"]["lost"]) == ("summary", 20)
    assert last["cases"] == {"of": 20, "today": 20, "tried": 0}


async def test_a_clinics_history_is_tried_from_the_command_line(
    database_url: str, treat: Treat, now: datetime, tmp_path: Path
) -> None:
    one = await treat(now - timedelta(days=10))
    await one.says(now - timedelta(days=7), swelling=2)
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    changes = written(tmp_path, "looser.toml", "[expected.microneedling]\nswelling = [4, 4, 4, 4, 4]\n")
    told, out = report(as_json=True)
    await run_on_clinic(settings, "alpha", str(changes), BacktestDraft(), told)
    lost, last = map(json.loads, out.getvalue().splitlines())
    assert (lost["kind"], lost["patient_id"]) == ("lost", str(one.patient_id))
    assert (last["today"]["alerts"], last["tried"]["alerts"]) == (1, 0)
    told, out = report()
    await run_on_clinic(settings, "alpha", "0", BacktestDraft(since=now), told)
    assert "0 check-ins of 0 patients" in out.getvalue()


@pytest.mark.parametrize("content", ["{", "[1]", "\x00"])
def test_a_file_that_is_no_pack_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    for name in ("pack.json", "pack.toml"):
        with pytest.raises((PackFileError, Malformed)):
            read_pack(written(tmp_path, name, content))
    with pytest.raises(PackFileError):
        read_pack(tmp_path / "nowhere.json")


def test_a_pack_below_the_floor_is_refused_with_its_row(tmp_path: Path) -> None:
    lower = {"rows": {"cold_sore.tingling": {"tier": "routine"}}}
    with pytest.raises(Malformed) as refused:
        read_pack(written(tmp_path, "lower.json", lower))
    assert "cold_sore.tingling" in refused.value.detail
