"""What a practitioner reads of each named case, held word for word: tier, sentence, signs and evidence.

sentences.txt is there to be read. Who changes what is said writes it anew (`python -m tests.checks.sentences`) and
reads what differs.
"""

import pytest

from tests.checks.sentences import CASES, Case, read, title, told

AGREED = read()


def test_each_case_stands_on_the_page_once_and_nothing_else_does() -> None:
    assert list(AGREED) == [title(case) for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=[title(case) for case in CASES])
def test_a_case_is_told_in_the_words_that_were_agreed(case: Case) -> None:
    assert told(case) == AGREED[title(case)]
