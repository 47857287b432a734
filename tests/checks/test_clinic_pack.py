"""What a clinic may write into its pack: every value by its pointer, what it may be in words, and what is refused why."""

from typing import Any

import msgspec
import pytest

from aftercare.checks import default_pack
from aftercare.checks.clinic_pack import changed, changes_between, difference, escaped, flat, takes, type_at
from aftercare.checks.pack import Row, RulePack
from aftercare.model.rule_packs import Difference
from aftercare.model.words import Code, Modality, Tier

PACK = default_pack()
AN_OBJECT = "This holds named values, so it is an object."
NO_SUCH_NAME = "There is nothing of this name to change in a pack."
NOT_SHIPPED = "The shipped pack has nothing of this name."


def test_the_shipped_pack_holds_a_grade_for_each_day_until_the_last_column_and_is_the_same_read_anew() -> (
    None
):
    anew = default_pack.__wrapped__()
    assert anew.expected[Modality.LASER_GENESIS]["redness"] == (2, 1, 1, 0, 0, 0, 0, 0, 0)
    assert len(anew.expected[Modality.MICRONEEDLING]["crusting"]) == 16
    assert anew == PACK


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"pain": 3}, "/pain", AN_OBJECT),
        ({"rows": []}, "/rows", AN_OBJECT),
        ({"rows": {"pain.mild": "off"}}, "/rows/pain.mild", AN_OBJECT),
        ({"version": "mine"}, "/version", NO_SUCH_NAME),
        ({"pain": {"awful": 4}}, "/pain/awful", NO_SUCH_NAME),
        ({"pain": {"Sample Alder": 4}}, "/pain/-", NO_SUCH_NAME),
        ({"pain": {"a" * 65: 4}}, "/pain/-", NO_SUCH_NAME),
        ({"rows": {"pain.unheard": {}}}, "/rows/pain.unheard", NOT_SHIPPED),
        ({"expected": {"microneedling": {"a/b": [1]}}}, "/expected/microneedling/-", NOT_SHIPPED),
        ({"pain": {"some": 5}}, "/pain/some", "This must be a whole number from 1 to 4."),
        ({"fever": {"celsius": 35}}, "/fever/celsius", "This must be a number from 36 to 41."),
        (
            {"rows": {"pain.mild": {"tier": "now"}}},
            "/rows/pain.mild/tier",
            "This must be one of routine, soon, same_day, emergency.",
        ),
    ],
)
def test_what_is_refused_is_left_as_shipped_and_said_where_it_stands(
    changes: dict[str, Any], pointer: str, sentence: str
) -> None:
    pack, (fault,) = changed(PACK, changes, number=3)
    assert (fault.pointer, fault.sentence) == (pointer, sentence)
    assert pack is PACK


def test_beside_what_is_refused_the_rest_is_taken() -> None:
    wrong = {"severe": 9, "worst": "4"}
    pack, faults = changed(PACK, {"pain": {"some": 1, **wrong}, "redness": {"far_above": 3}})
    assert [fault.pointer for fault in faults] == ["/pain/severe", "/pain/worst"]
    assert (pack.pain.some, pack.pain.severe, pack.pain.worst, pack.redness.far_above) == (1, 3, 4, 3)
    assert pack.version == PACK.version  # without a number it has no name of its own


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/rows/pain.mild/off", "true or false"),
        ("/rows/pain.mild/tier", "one of routine, soon, same_day, emergency"),
        ("/pain/some", "a whole number from 1 to 4"),
        ("/fever/celsius", "a number from 36 to 41"),
        ("/deep/needle_depth_mm", "a number from 0.1 to 5"),
        ("/deep/days_earlier/redness", "a whole number from 0 to 14"),
        ("/signs/ulcer_herpes_days", "a list of 2, each a whole number from 0 to 90"),
        ("/course/plateau_days/laser_genesis", "a list of 2, each a whole number from 0 to 90"),
        ("/course/day_before_hours", "a list of 2, each a number from 0 to 336"),
        ("/expected/microneedling/redness", "a list, each a whole number from 0 to 4"),
        ("/baseline/items", "a list, each one of dryness, itching, redness"),
        ("/risk/dark_skin_codes", f"a list, each one of {', '.join(Code)}"),
    ],
)
def test_what_a_value_may_be_is_said_in_words(pointer: str, words: str) -> None:
    assert takes(type_at(pointer)) == words


def test_every_value_that_may_change_has_its_words() -> None:
    assert "a value of another kind" not in {takes(type_at(pointer)) for pointer in flat(PACK)}
    assert takes(str) == "a value of another kind"


def test_a_pointer_to_nothing_has_no_type() -> None:
    for pointer in ("/pain/awful", "/colour"):
        with pytest.raises(KeyError):
            type_at(pointer)


def test_a_pack_is_told_value_by_value_without_what_is_ours_to_say() -> None:
    values = flat(PACK)
    assert values["/baseline/items"] == ["dryness", "itching", "redness"]
    assert values["/course/day_before_hours"] == [12.0, 36.0]
    assert values["/expected/laser_genesis/redness"] == [2, 1, 1, 0, 0, 0, 0, 0, 0]
    assert (values["/rows/pain.mild/tier"], values["/rows/pain.mild/off"]) == ("routine", False)
    last_parts = {pointer.rsplit("/", 1)[-1] for pointer in values}
    assert last_parts & {"version", "code", "floor"} == set()
    assert {"tier", "off", "holds_course"} <= last_parts


ODD = "a/b~1c"  # no row of ours is called so; a pointer must bear it all the same


def with_odd_row() -> RulePack:
    row = Row(code=Code.PAIN, tier=Tier.SOON)
    return msgspec.structs.replace(PACK, rows={**PACK.rows, ODD: row})


def test_what_only_one_of_two_packs_has_differs_too() -> None:
    more = with_odd_row()
    assert escaped(ODD) == "a~1b~01c"
    here = "/rows/a~1b~01c"
    tier = Difference(pointer=f"{here}/tier", before=None, after="soon")
    assert difference(PACK, more) == (
        tier,
        Difference(pointer=f"{here}/alone_from_day", before=None, after=0),
        Difference(pointer=f"{here}/holds_course", before=None, after=False),
        Difference(pointer=f"{here}/off", before=None, after=False),
    )
    assert Difference(pointer=tier.pointer, before="soon", after=None) in difference(more, PACK)
    assert changes_between(PACK, more) == {
        "rows": {ODD: {"tier": "soon", "alone_from_day": 0, "holds_course": False, "off": False}}
    }


def test_differences_stand_in_the_order_of_the_pack_and_make_the_same_pack_again() -> None:
    changes = {
        "rows": {"pain.mild": {"tier": "soon", "off": True}, "redness.rise": {"off": True}},
        "pain": {"some": 1, "severe": 2},
        "baseline": {"items": ["redness"]},
    }
    pack, faults = changed(PACK, changes, number=1)
    assert not faults
    assert [(one.pointer, one.before, one.after) for one in difference(PACK, pack)] == [
        ("/baseline/items", ["dryness", "itching", "redness"], ["redness"]),
        ("/pain/some", 2, 1),
        ("/pain/severe", 3, 2),
        ("/rows/pain.mild/tier", "routine", "soon"),
        ("/rows/pain.mild/off", False, True),
        ("/rows/redness.rise/off", False, True),
    ]
    assert changes_between(PACK, pack) == changes
    assert changed(PACK, changes_between(PACK, pack), number=1) == (pack, ())
