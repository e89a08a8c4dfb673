"""Units: exact conversion, annotations as identity, arbitrary units, traps; the grammar under any text."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.unit_atoms import MISTAKEN, SPECIAL
from proband.core.units import (
    USUAL,
    UnitError,
    conversion,
    convert,
    is_unit,
    nearest_unit,
    relation,
    unit,
    why_different,
)


@pytest.mark.parametrize(
    ("value", "first", "second", "expected"),
    [
        (1.0, "U/L", "nkat/L", 1000 / 60),  # UCUM: U = umol/min
        (120.0, "mm[Hg]", "kPa", 15.99864),  # UCUM: m[Hg] = 133.3220 kPa
        (1.0, "[lb_av]", "kg", 0.45359237),
        (6.0, "[ft_i]", "cm", 182.88),
        (1.0, "a", "d", 365.25),
        (1.0, "mo", "d", 30.4375),
        (100.0, "cal", "J", 418.4),
        (37.0, "Cel", "K", 310.15),
        (98.6, "[degF]", "Cel", 37.0),
        (250.0, "10*3/uL", "10*9/L", 250.0),
        (0.61, "fraction", "%", 61.0),
        (1e13, "{vg}/kg", "{vg}/g", 1e10),
        (1.0, "gal_us".join("[]"), "mL", 3785.411784),
    ],
)
def test_published_conversions(value, first, second, expected):
    assert convert(value, first, second) == expected
    assert convert(expected, second, first) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{vg}/kg", "{cells}/kg"),
        ("{vg}/kg", "/kg"),
        ("[IU]/L", "U/L"),
        ("[IU]", "mg"),
        ("meq/L", "mmol/L"),
        ("mosm/kg", "mmol/kg"),
        ("mmol/mol", "%"),
        ("mmol/mol", "mg/g"),
        ("mg/kg", "%"),
        ("[pH]", "mol/L"),
        ("{score}", "{count}"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mg", "m"),
    ],
)
def test_what_must_never_convert(first, second):
    assert relation(first, second) == "different"
    assert why_different(first, second)
    with pytest.raises(UnitError):
        conversion(first, second, Fraction(100))


def test_moles_and_mass_need_a_stated_molar_mass():
    creatinine = Fraction("113.12")
    assert relation("umol/L", "mg/dL") == "molar_mass"
    with pytest.raises(UnitError, match="stated molar mass"):
        convert(88.4, "umol/L", "mg/dL")
    assert convert(88.4, "umol/L", "mg/dL", creatinine) == 0.9999808
    assert convert(3.0, "mg/mmol", "mg/g", creatinine) == pytest.approx(3000 / 113.12)
    with pytest.raises(UnitError, match="not above 0"):
        convert(1.0, "umol/L", "mg/dL", Fraction(0))


def test_the_mistakes_that_ucum_itself_would_accept_are_refused():
    for code, what in (("pH", "picohenry"), ("K/uL", "kelvin"), ("G/L", "gauss")):
        with pytest.raises(UnitError, match=what):
            unit(code)
        assert nearest_unit(code) == f"write {MISTAKEN[code]}"


def test_every_remedy_is_itself_valid():
    assert all(is_unit(u) for u in (*USUAL, *MISTAKEN.values(), *SPECIAL))
    assert not [m for m in MISTAKEN if is_unit(m)]


@pytest.mark.parametrize(
    "code",
    ["", "mmHg", "m/", "/", "//m", ".m", "m..s", "m)", "(m", "m(s)", "{", "{}", "{a b}", "{a{b}}", "m0", "m31", "0.m",
     "10*99", "Cel/L", "mCel", "kmin", "kk", "m" * 81, "µg", "umol/LL", "m2-3", "=1+1", "<b>"],
)  # fmt: skip
def test_codes_that_are_refused(code):
    assert not is_unit(code)


@pytest.mark.parametrize(
    "code", ["10*9/L", "mm[Hg]", "kcal/kg/d", "/min", "m[IU]/mL", "mmol/(8.h.m2)", "100.mL", "%{rbc}"]
)
def test_codes_that_are_read(code):
    assert unit(code).code == code


def test_division_runs_from_left_to_right():
    assert relation("mg/kg/d", "mg/(kg.d)") == "same"
    assert relation("mg/kg.d", "mg.d/kg") == "same"


@given(st.text(max_size=90))
def test_no_text_breaks_the_reader(text):
    assert is_unit(text) in (True, False)
    assert nearest_unit(text)


@given(st.text(alphabet="mgLkuol/.*^10(){}[]ad%-", max_size=20))
def test_near_units_neither_break_nor_hang(text):
    assert is_unit(text) in (True, False)


@given(
    st.floats(min_value=-1e9, max_value=1e9, allow_nan=False),
    st.sampled_from([("mg/dL", "g/L"), ("mm[Hg]", "kPa"), ("Cel", "[degF]"), ("wk", "h"), ("U/L", "kat/L")]),
)
def test_there_and_back_is_exact_as_fractions(value, pair):
    slope, offset = conversion(*pair)
    back_slope, back_offset = conversion(*reversed(pair))
    there = Fraction(value) * slope + offset
    assert there * back_slope + back_offset == Fraction(value)


@given(st.lists(st.sampled_from(["mg", "L", "d", "kg", "{vg}", "[IU]", "mol", "m2"]), min_size=1, max_size=5))
def test_a_product_does_not_depend_on_its_order(parts):
    assert relation(".".join(parts), ".".join(reversed(parts))) == "same"
