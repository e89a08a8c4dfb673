"""The table of directions covers every designed modality under every mechanism that a program may state."""

import pytest

from proband.core.program import FACET_VALUES
from proband.science.design.comparison import EDITING, OLIGOS
from proband.science.design.direction import direction_of, mechanisms


def test_every_mechanism_of_a_program_has_its_table():
    assert set(mechanisms()) == set(FACET_VALUES["mechanism"])


@pytest.mark.parametrize("mechanism", FACET_VALUES["mechanism"])
def test_every_designed_modality_has_one_sentence_of_a_known_kind(mechanism):
    found = direction_of(mechanism)
    assert set(found) == {*EDITING, *OLIGOS}
    assert {text.partition(": ")[0] for text in found.values()} <= {"for", "against", "missing"}


def test_knocking_down_what_is_lost_speaks_against_it():
    assert direction_of("loss")["gapmer"].startswith("against")
    assert direction_of("dominant_negative")["gapmer"].startswith("for")
