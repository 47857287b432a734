import re
from uuid import UUID

import pytest

from aftercare.model.charts import AlertPin, Axis, ChartPoint, ChartSeries, SignMark, SignsRow
from aftercare.model.words import Code, Tier
from aftercare.web import charts, readings
from tests.web.samples import PHOTOS

WEEK = Axis(days=(0, 1, 2, 3, 4), today=4)
FLAT = (1, 1, 1, 1, 1)


def series(*grades: int | None, missed: tuple[int, ...] = (), band: tuple[int, ...] = FLAT) -> ChartSeries:
    points = tuple(ChartPoint(day=day, grade=grade) for day, grade in enumerate(grades) if day not in missed)
    return ChartSeries(item="pain", band=band, points=points, missed=missed)


def lines(markup: str) -> list[int]:
    """How many dots each drawn line joins."""
    return [len(points.split()) for points in re.findall(r'class="line"[^>]*points="([^"]*)"', markup)]


def test_answers_without_a_gap_are_one_line() -> None:
    assert lines(charts.symptom(WEEK, series(2, 1, 1, 0, 0))) == [5]


def test_a_missed_day_breaks_the_line_and_is_hatched() -> None:
    drawn = charts.symptom(WEEK, series(2, 1, 0, 1, 0, missed=(2,)))
    assert lines(drawn) == [2, 2]
    assert drawn.count('class="missed"') == 1
    assert drawn.count("<circle") == 4


def test_a_check_in_that_leaves_the_item_out_breaks_the_line_without_hatching() -> None:
    drawn = charts.symptom(WEEK, series(2, 1, None, 1, 0))
    assert lines(drawn) == [2, 2]
    assert 'class="missed"' not in drawn
    assert drawn.count("<circle") == 4


def test_days_on_which_nothing_was_due_do_not_break_the_line() -> None:
    axis = Axis(days=(0, 7, 10, 14), today=14)
    points = tuple(ChartPoint(day=day, grade=1) for day in (0, 7, 10, 14))
    assert lines(charts.symptom(axis, ChartSeries(item="pain", band=(1,) * 15, points=points))) == [4]


def test_a_denied_answer_is_a_ring_and_a_missing_one_is_nothing() -> None:
    drawn = charts.symptom(WEEK, series(0, None, 0, 1, 1))
    assert drawn.count('class="dot denied"') == 2
    assert "Day 1:" not in drawn


def test_a_grade_above_its_own_days_band_is_drawn_apart_and_named() -> None:
    drawn = charts.symptom(WEEK, series(2, 2, 2, 0, 0, band=(2, 2, 1, 0, 0)))
    assert drawn.count('class="dot above"') == 1
    assert "Day 2: moderate; expected up to mild" in drawn
    assert re.search(r'class="value"[^>]*>moderate<', drawn)


def test_nothing_above_the_band_writes_no_word_into_the_chart() -> None:
    assert 'class="value"' not in charts.symptom(WEEK, series(1, 1, 1, 0, 0))


def test_the_band_stands_half_a_step_above_its_grade_on_each_day() -> None:
    drawn = charts.symptom(WEEK, series(band=(4, 3, 2, 1, 0)))
    edge = re.search(r'class="band-edge"[^>]*points="([^"]*)"', drawn)
    assert edge is not None
    heights = [float(pair.split(",")[1]) for pair in edge[1].split()]
    assert heights == [9, 9, 22, 35, 48, 61, 61]  # flat to both edges, a step of 13 pixels a grade


def test_every_calendar_day_has_a_column_of_the_same_width_and_others_stand_between() -> None:
    axis = Axis(days=(0, 1, 7, 14), today=7)
    assert [readings.place(axis, day) for day in axis.days] == [12.5, 37.5, 62.5, 87.5]
    assert readings.place(axis, 4) == pytest.approx(50)
    assert readings.place(axis, -3) == 12.5
    assert readings.place(axis, 90) == 87.5


def test_two_check_ins_of_one_day_stand_beside_each_other_in_their_order() -> None:
    points = (ChartPoint(day=1, grade=1), ChartPoint(day=1, grade=3))
    (left, first), (right, second) = readings.spread(WEEK, points)
    assert left < readings.place(WEEK, 1) < right
    assert (first.grade, second.grade) == (1, 3)


def test_the_drawing_says_in_words_what_it_shows() -> None:
    said = readings.sentence(series(2, 0, None, 1, 1, missed=(3,)))
    assert said == "Pain: day 0 moderate; day 1 none; day 2 not said; day 3 no check-in; day 4 mild"
    assert f'aria-label="{said}"' in charts.mini(WEEK, series(2, 0, None, 1, 1, missed=(3,)))


def test_a_sign_said_denied_and_not_asked_are_three_different_things() -> None:
    row = SignsRow(
        item="blisters", marks=(SignMark(day=1, said=False), SignMark(day=3, said=True, value="few"))
    )
    drawn = charts.signs(WEEK, row)
    assert drawn.count("mark denied") == 1
    assert drawn.count("mark said") == 1
    assert "Blisters: day 1 denied; day 3 few" in drawn
    assert "Day 2" not in drawn


def test_only_signs_said_once_are_drawn_and_the_rest_are_named() -> None:
    said = SignsRow(item="tingling", marks=(SignMark(day=1, said=True),))
    denied = SignsRow(item="fever_c", marks=(SignMark(day=1, said=False),))
    unasked = SignsRow(item="ulcer", marks=())
    assert readings.said_once((said, denied, unasked)) == [said]
    assert readings.denied_throughout((said, denied, unasked)) == ["Fever"]


def test_the_table_tells_denied_from_unsaid_and_from_a_missed_day() -> None:
    row = SignsRow(item="weeping", marks=(SignMark(day=0, said=False),))
    days, table = readings.table([series(0, None, 2, 1, missed=(3,))], [row])
    assert days == [0, 1, 2, 3]
    assert table == [
        ("Pain", ["none", "", "moderate", "no check-in"]),
        ("Weeping", ["no", "", "", "no check-in"]),
    ]


def test_a_pin_has_its_tiers_shape_and_links_to_its_alert() -> None:
    pin = AlertPin(alert_id=UUID(int=7), tier=Tier.SAME_DAY, code=Code.COLD_SORE, day=2)
    drawn = charts.pins(WEEK, [pin])
    assert f'href="#alert-{UUID(int=7)}"' in drawn
    assert 'aria-label="Same day: Cold sore, day 2, unresolved"' in drawn


def test_the_four_tiers_have_four_different_shapes() -> None:
    assert len({charts.tier_shape(tier) for tier in Tier}) == 4


def test_photos_of_one_day_are_one_picture_with_their_count() -> None:
    drawn = charts.photo_strip(WEEK, PHOTOS)
    assert drawn.count("<image") == len({photo.day for photo in PHOTOS})
    assert "Day 4, close-up, newest of 2" in drawn
