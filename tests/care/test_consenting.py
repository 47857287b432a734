"""Consents: the text in the language that was read, and from when a word counts."""

from datetime import UTC, datetime, timedelta

import pytest

from aftercare.care.consenting import (
    CURRENT_TEXT,
    PurposeText,
    counts_from,
    photos_refused,
    texts,
    versions,
)
from aftercare.model.check_ins import ConsentState
from aftercare.model.consents import KINDS

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=3), NOW + timedelta(hours=3)


def test_every_version_that_was_shown_has_every_purpose_in_three_languages() -> None:
    assert CURRENT_TEXT in versions()
    assert versions() == tuple(sorted(versions()))
    for version in versions():
        shown = texts(version)
        assert shown.version == version
        assert set(shown.purposes) == set(KINDS)
        for purpose in shown.purposes.values():
            assert set(purpose.title) == set(purpose.text) == {"en", "es", "pt"}
            assert all(purpose.title.values())
            assert all(all(paragraphs) for paragraphs in purpose.text.values())
    assert texts() == texts(CURRENT_TEXT)


@pytest.mark.parametrize("version", ["99", "../instruments/1", ""])
def test_a_version_that_was_never_shown_is_not_read(version: str) -> None:
    with pytest.raises(KeyError) as refused:
        texts(version)
    assert refused.value.args == (version,)


@pytest.mark.parametrize(
    ("language", "read"),
    [("pt-BR", "pt"), ("PT-br", "pt"), ("es", "es"), ("fr", "en"), ("", "en"), ("en-GB", "en")],
)
def test_the_text_is_read_in_the_nearest_language_there_is(language: str, read: str) -> None:
    text = PurposeText(
        title={"en": "Photos", "es": "Fotos", "pt": "Fotografias"},
        text={"en": ("One.", "Two."), "es": ("Uno.", "Dos."), "pt": ("Um.", "Dois.")},
    )
    whole = {
        "en": "Photos\n\nOne.\n\nTwo.",
        "es": "Fotos\n\nUno.\n\nDos.",
        "pt": "Fotografias\n\nUm.\n\nDois.",
    }
    assert text.as_shown(language) == (read, whole[read])


@pytest.mark.parametrize(
    ("granted", "decided_at", "counts"),
    [
        (True, EARLIER, EARLIER),  # it waited for a network, and undoes no withdrawal made meanwhile
        (True, LATER, NOW),  # a phone's clock that runs ahead
        (True, None, NOW),
        (False, EARLIER, NOW),  # a refusal counts as it arrives
        (False, LATER, NOW),
        (False, None, NOW),
    ],
)
def test_an_agreement_counts_from_when_it_was_decided_and_a_refusal_at_once(
    *, granted: bool, decided_at: datetime | None, counts: datetime
) -> None:
    assert counts_from(granted=granted, decided_at=decided_at, now=NOW) == counts


def test_only_a_no_refuses_photos() -> None:
    def word(kind: str, *, granted: bool) -> dict[str, ConsentState]:
        said = ConsentState(kind=kind, given_at=NOW, granted=granted, text_version="2", language="en")  # type: ignore[arg-type]  # any kind
        return {kind: said}

    assert photos_refused(word("photos", granted=False))
    assert not photos_refused(word("photos", granted=True))
    assert not photos_refused({})
    assert not photos_refused(word("teaching", granted=False))
