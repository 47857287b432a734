"""What of the packs' words is told and what is counted, without a database."""

from uuid import UUID

import pytest

from aftercare.checks.judging import Judging, sort_out
from aftercare.checks.pack import default_pack
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Tier

EPISODE = UUID(int=1)
UNRELEASED = Judging(released=False, shadow=default_pack(), shadow_number=1)
BESIDE_LIVE = Judging(shadow=default_pack(), shadow_number=2)


def finding(row: str, tier: Tier = Tier.SOON, check_in: str | None = "one") -> Finding:
    return Finding(
        code=Code(row.partition(".")[0]), tier=tier, row=row, day=3, reason="Said.", check_in=check_in
    )


def rows(found: dict[UUID, list[Finding]]) -> list[str]:
    return [one.row for those in found.values() for one in those]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("infection.fever", True),
        ("airway.breathing", True),
        ("cold_sore.tingling", True),
        ("contact_request.can_wait", True),
        ("silence.after_alert.2026-03-04", True),
        ("silence.re_check.2026-03-04.id", True),
        ("silence.high_risk.2026-03-04", False),
        ("infection.weeping", False),
        ("pain.severe", False),
        ("eye.pain", False),
    ],
)
def test_before_a_release_a_finding_is_either_told_or_counted(row: str, *, told: bool) -> None:
    said = {EPISODE: [finding(row)]}
    judged = sort_out(UNRELEASED, said, said)
    assert rows(judged.said) == [row]
    assert (rows(judged.told), rows(judged.muted)) == (([row], []) if told else ([], [row]))


def test_a_tier_alone_does_not_make_a_row_part_of_the_floor() -> None:
    """A clinic's own pack may call anything an emergency; nobody has released that yet."""
    said = {EPISODE: [finding("pain.severe", Tier.EMERGENCY)]}
    assert rows(sort_out(UNRELEASED, said, said).told) == []


def test_beside_a_live_pack_only_what_it_does_not_say_or_says_less_urgently_is_counted() -> None:
    live = [finding("pain.severe"), finding("pain.rise", Tier.SAME_DAY), finding("milia.white_bumps")]
    shadow = [
        finding("pain.severe", Tier.SAME_DAY),
        finding("pain.rise", Tier.SOON),
        finding("milia.white_bumps"),
        finding("redness.rise"),
        finding("milia.white_bumps", check_in="another"),
    ]
    judged = sort_out(BESIDE_LIVE, {EPISODE: live}, {EPISODE: shadow})
    assert judged.told == {EPISODE: live}
    assert judged.muted == {EPISODE: [shadow[0], shadow[3], shadow[4]]}


def test_another_episode_is_other_evidence() -> None:
    judged = sort_out(BESIDE_LIVE, {EPISODE: [finding("pain.rise")]}, {UUID(int=2): [finding("pain.rise")]})
    assert list(judged.muted) == [UUID(int=2)]


def test_without_a_pack_in_shadow_nothing_is_counted() -> None:
    said = {EPISODE: [finding("pain.rise")]}
    judged = sort_out(Judging(), {}, said)
    assert (judged.told, judged.muted) == ({}, {})
