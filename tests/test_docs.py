"""What the pages for operators name is there, and what an operator can set or call is named."""

import re
from pathlib import Path

import click
import pytest

from aftercare import cli
from aftercare.settings import Settings

ROOT = Path(__file__).parents[1]
OPERATIONS = sorted((ROOT / "docs" / "operations").glob("*.md"))
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *OPERATIONS,
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
SETTINGS = {f"AFTERCARE_{field.upper()}" for field in Settings.__struct_fields__}


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command by its whole name, those of groups included."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found[before + name] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
    return found


def test_every_setting_is_named_for_operators_and_every_setting_named_is_there() -> None:
    named: set[str] = set()
    for page in [ROOT / "README.md", *OPERATIONS, *PAGES]:
        here = set(re.findall(r"AFTERCARE_[A-Z0-9_]*[A-Z0-9]", page.read_text()))
        assert here <= SETTINGS, page
        named |= here
    assert named == SETTINGS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_command_that_a_page_calls_is_there_with_its_options() -> None:
    known = commands(cli._commands)
    for page in PAGES:
        text = re.sub(r"\\\n\s*", " ", page.read_text())
        for line in re.findall(r"(?:^|`|[A-Z_]+=\S+ )aftercare ([a-z][^`\n#]*)", text, re.MULTILINE):
            words = line.split()
            name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
            assert name is not None, (page.name, line)
            options = {option for parameter in known[name].params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options, (page.name, line)
