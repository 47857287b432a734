"""The page that a clinician signs is what the program does, and says so in words."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from aftercare.alerts.joining import HOLD, NEVER_HELD
from aftercare.backtesting import PackFileError
from aftercare.checks import default_pack
from aftercare.checks.docs import clinician_page, digest, in_words, rows_in_words
from aftercare.checks.pack import RulePack
from aftercare.checks.presets import preset_pack
from aftercare.cli import _commands
from aftercare.model.words import Tier

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"


def page(pack: RulePack) -> str:
    return clinician_page(pack, hold=HOLD, never_held=NEVER_HELD)


def test_the_page_in_the_repository_is_current() -> None:
    said = "docs/checks.md is not current: run `python -m aftercare checks docs > docs/checks.md`, and have it signed again"
    assert PAGE.read_text(encoding="utf-8") == page(default_pack()), said


def test_the_command_prints_the_page() -> None:
    result = CliRunner().invoke(_commands, ["checks", "docs"])
    assert result.output == page(default_pack())


def test_every_row_is_told_in_words_and_no_other() -> None:
    assert set(rows_in_words()) == set(default_pack().rows)
    assert len(set(rows_in_words().values())) == len(rows_in_words())
    whole = page(default_pack())
    for row, sentence in rows_in_words().items():
        assert f"| {in_words(default_pack(), sentence)} |" in whole, row


def test_every_check_has_its_medicine_and_its_sources() -> None:
    sections = page(default_pack()).partition("## The checks")[2].partition("## Risk")[0].split("\n### ")[1:]
    assert len(sections) >= 19
    for section in sections:
        assert "*Sources:" in section, section[:60]
        assert "| when | urgency |" in section, section[:60]


@pytest.mark.parametrize(
    ("section", "number", "value", "row"),
    [
        ("signs", "tingling_from_day", 3, "cold_sore.tingling"),
        ("swelling", "mild_from_day", 9, "swelling.mild"),
        ("dermatitis", "bruising_slow_from_day", 19, "dermatitis.bruising"),
        ("fever", "celsius", 38.4, "infection.fever"),
        ("pain", "some", 3, "infection.pus_spots"),
    ],
)
def test_another_number_makes_another_sentence(section: str, number: str, value: float, row: str) -> None:
    pack = default_pack()
    moved = msgspec.structs.replace(
        pack, **{section: msgspec.structs.replace(getattr(pack, section), **{number: value})}
    )
    sentence = rows_in_words()[row]
    assert in_words(moved, sentence) != in_words(pack, sentence)
    assert str(value) in in_words(moved, sentence)
    assert page(moved) != page(pack)


def test_every_number_of_the_rows_is_on_the_page() -> None:
    """Whatever number of the pack moves, the page that was signed is another one."""
    pack = default_pack()
    for section in (
        "deep",
        "baseline",
        "fever",
        "course",
        "pain",
        "swelling",
        "warmth",
        "redness",
        "signs",
        "silence",
    ):
        numbers = getattr(pack, section)
        for name in numbers.__struct_fields__:
            value = getattr(numbers, name)
            if isinstance(value, int | float):
                moved = msgspec.structs.replace(
                    numbers, **{name: value + 1 if name not in _GRADES else value - 1}
                )
                other = msgspec.structs.replace(pack, **{section: moved})
                assert _body(page(other)) != _body(page(pack)), f"{section}.{name}"


_GRADES = {"some", "severe", "worst", "never_from", "rebound_high"}


def _body(text: str) -> str:
    return text.partition("## Signature")[0]


def test_a_row_that_is_switched_off_says_so_and_each_of_its_marks_stands_beside_it() -> None:
    pack = default_pack()
    row = msgspec.structs.replace(pack.rows["pain.severe"], off=True, floor=True, holds_course=True)
    whole = page(msgspec.structs.replace(pack, rows={**pack.rows, "pain.severe": row}))
    assert "| switched off | `pain` | floor, holds the course |" in whole
    assert "switched off" not in page(pack)


def test_a_row_that_counts_alone_only_from_a_day_says_so_and_what_that_means() -> None:
    whole = page(preset_pack("fewer-alerts-1"))
    assert "| soon | `swelling` | alone only from day 6 |" in whole
    assert "**Alone only from a day**: before it the row needs" in whole
    assert "lone only from" not in page(default_pack())


@pytest.mark.parametrize("command", ["docs", "replay"])
def test_the_commands_take_a_preset_a_file_or_the_shipped_pack(command: str, tmp_path: Path) -> None:
    file = tmp_path / "course.json"
    day = {"day": 4, "answers": {"swelling": 2}}
    course = {
        "id": "one",
        "modality": "microneedling",
        "session_at": "2026-03-03T11:00:00Z",
        "check_ins": [day],
    }
    file.write_text(json.dumps(course))
    own = tmp_path / "own.toml"
    own.write_text('[rows]\n"swelling.moderate" = { tier = "same_day" }\n')
    arguments = {"docs": [], "replay": [str(file)]}[command]

    def said(*pack: str) -> str:
        done = CliRunner().invoke(_commands, ["checks", command, *arguments, *pack])
        assert done.exit_code == 0, done.output
        return done.output

    shipped, fewer, mine = said(), said("--pack", "fewer-alerts-1"), said("--pack", str(own))
    assert shipped == said("--pack", "0")
    assert len({shipped, fewer, mine}) == 3
    if command == "replay":
        assert fewer == ""
        assert (json.loads(shipped)["tier"], json.loads(mine)["tier"]) == ("soon", "same_day")
    with pytest.raises(PackFileError):
        CliRunner().invoke(
            _commands, ["checks", command, *arguments, "--pack", "no-such"], catch_exceptions=False
        )


def test_a_lowered_row_shows_and_the_digest_tells_two_packs_apart() -> None:
    pack = default_pack()
    row = msgspec.structs.replace(pack.rows["pain.severe"], tier=Tier.SOON)
    lowered = msgspec.structs.replace(pack, rows={**pack.rows, "pain.severe": row})
    assert digest(lowered) != digest(pack)
    assert _body(page(lowered)) != _body(page(pack))
    assert re.search(r"SHA-256\) \| `[0-9a-f]{64}` \|", page(pack))
    assert digest(pack) in page(pack)
