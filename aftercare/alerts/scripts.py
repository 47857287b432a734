"""The shipped scripts: what to ask, advise and when to send on, one for each code. Defaults for a clinic to check."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from aftercare.model.follow_ups import Script, ScriptDraft
from aftercare.model.words import Code

_FILE = Path(__file__).with_name("scripts.toml")


def shipped(code: Code) -> Script:
    """Return the script of a code as it comes with the software: version 0."""
    return _all()[code]


@cache
def _all() -> dict[Code, Script]:
    read = msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), dict[Code, ScriptDraft])
    return {code: Script(code=code, **msgspec.structs.asdict(draft)) for code, draft in read.items()}
