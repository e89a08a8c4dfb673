"""The atoms and prefixes of UCUM that clinical and laboratory tables use, each with its exact value.

Source: The Unified Code for Units of Measure, tables 1 to 27, case-sensitive codes (ucum.org). Four things differ on
purpose, so that no conversion is made that a chemist would have to justify:

- the mole is a dimension of its own (UCUM makes it a number), so mol/L and 1/L are not the same;
- equivalents and osmoles are dimensions of their own (UCUM makes them moles): mEq to mmol needs the charge;
- degrees of angle are a dimension of their own, because their size in radians is no fraction;
- logarithmic units such as ``[pH]`` are arbitrary: they are valid, and convert to nothing.

Cannot see: units outside this table (they are refused, not guessed); customary units of single countries but the
usual ones.
"""

from __future__ import annotations

from fractions import Fraction

PREFIXES: dict[str, Fraction] = {
    name: Fraction(10) ** power
    for name, power in (
        ("Y", 24), ("Z", 21), ("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("h", 2), ("da", 1),
        ("d", -1), ("c", -2), ("m", -3), ("u", -6), ("n", -9), ("p", -12), ("f", -15), ("a", -18), ("z", -21),
        ("y", -24),
    )
} | {"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)}  # fmt: skip

METRIC: tuple[tuple[str, str, str], ...] = (
    ("m", "", "1"), ("s", "", "1"), ("g", "", "1"), ("rad", "", "1"), ("K", "", "1"), ("C", "", "1"), ("cd", "", "1"),
    ("mol", "", "1"), ("eq", "", "1"), ("osm", "", "1"),
    ("sr", "rad2", "1"), ("Hz", "s-1", "1"), ("N", "kg.m/s2", "1"), ("Pa", "N/m2", "1"), ("J", "N.m", "1"),
    ("W", "J/s", "1"), ("A", "C/s", "1"), ("V", "J/C", "1"), ("F", "C/V", "1"), ("Ohm", "V/A", "1"), ("S", "A/V", "1"),
    ("Wb", "V.s", "1"), ("T", "Wb/m2", "1"), ("H", "Wb/A", "1"), ("lm", "cd.sr", "1"), ("lx", "lm/m2", "1"),
    ("Bq", "s-1", "1"), ("Gy", "J/kg", "1"), ("Sv", "J/kg", "1"), ("kat", "mol/s", "1"), ("U", "umol/min", "1"),
    ("l", "dm3", "1"), ("L", "dm3", "1"), ("t", "kg", "1000"), ("bar", "Pa", "100000"), ("ar", "m2", "100"),
    ("dyn", "g.cm/s2", "1"), ("erg", "dyn.cm", "1"), ("P", "dyn.s/cm2", "1"), ("G", "T", "1/10000"),
    ("Ci", "Bq", "37000000000"), ("RAD", "Gy", "1/100"), ("REM", "Sv", "1/100"),
    ("cal", "J", "523/125"), ("cal_th", "J", "523/125"), ("m[H2O]", "kPa", "196133/20000"),
    ("m[Hg]", "kPa", "66661/500"), ("st", "m3", "1"), ("[iU]", "", "1"), ("[IU]", "[iU]", "1"), ("bit", "", "1"),
    ("By", "bit", "8"),
)  # fmt: skip
"""Code, the unit it is a multiple of (empty for a dimension of its own), and the multiple. They take prefixes."""

PLAIN: tuple[tuple[str, str, str], ...] = (
    ("%", "1", "1/100"), ("[ppth]", "1", "1/1000"), ("[ppm]", "1", "1/1000000"), ("[ppb]", "1", "1/1000000000"),
    ("[pptr]", "1", "1/1000000000000"), ("deg", "", "1"), ("'", "deg", "1/60"), ("''", "deg", "1/3600"),
    ("min", "s", "60"), ("h", "s", "3600"), ("d", "s", "86400"), ("wk", "d", "7"), ("a", "d", "1461/4"),
    ("a_j", "d", "1461/4"), ("a_g", "d", "146097/400"), ("mo", "d", "487/16"), ("mo_j", "d", "487/16"),
    ("mo_g", "d", "48699/1600"), ("mo_s", "d", "29.53059"), ("[cal]", "kcal", "1"), ("[Cal]", "kcal", "1"),
    ("g%", "g/dL", "1"), ("[in_i]", "cm", "127/50"), ("[ft_i]", "cm", "762/25"), ("[yd_i]", "cm", "2286/25"),
    ("[mi_i]", "m", "201168/125"), ("[lb_av]", "g", "45359237/100000"), ("[oz_av]", "g", "45359237/1600000"),
    ("[stone_av]", "g", "317514659/50000"), ("[gr]", "mg", "6479891/100000"),
    ("[gal_us]", "[in_i]3", "231"), ("[qt_us]", "[gal_us]", "1/4"), ("[pt_us]", "[gal_us]", "1/8"),
    ("[foz_us]", "[gal_us]", "1/128"), ("[cup_us]", "[gal_us]", "1/16"), ("[tbs_us]", "[gal_us]", "1/256"),
    ("[tsp_us]", "[gal_us]", "1/768"), ("[cup_m]", "mL", "240"), ("[tbs_m]", "mL", "15"), ("[tsp_m]", "mL", "5"),
    ("[foz_m]", "mL", "30"), ("[drp]", "mL", "1/20"), ("[diop]", "m-1", "1"), ("Ao", "nm", "1/10"),
    ("[S]", "s", "1/10000000000000"), ("atm", "Pa", "101325"), ("[Btu_IT]", "J", "1055.05585262"),
)  # fmt: skip
"""As `METRIC`; these take no prefix."""

ARBITRARY: frozenset[str] = frozenset(
    (
        "[arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] "
        "[knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] [Amb'a'1'U] [PNU] "
        "[Lf] [D'ag'U] [ELU] [EU] [HPF] [LPF] [CAE'U] [FEU] [DDU] [pH] [HP_X] [HP_C] [MET] [hnsf'U] [drp'U] "
        "[S'U] [mesh_i] [Ch] B Np"
    ).split()
)
"""Units whose size no other unit tells: valid, and convertible to nothing but themselves. They take prefixes."""

ARBITRARY_PLAIN: frozenset[str] = frozenset(
    ("[pH]", "[HPF]", "[LPF]", "[CCID_50]", "[TCID_50]", "[EID_50]", "[HP_X]", "[HP_C]")
)
"""Of these, the ones without prefix."""

SPECIAL: dict[str, tuple[Fraction, Fraction]] = {
    "Cel": (Fraction(1), Fraction(27315, 100)),
    "[degF]": (Fraction(5, 9), Fraction(45967, 100) * Fraction(5, 9)),
}
"""Units with a zero of their own: kelvin = value * first + second. They stand alone."""

HOUSE: dict[str, str] = {"fraction": "1", "ratio": "1"}
"""Words that the folder allows beside UCUM, and the code that they stand for."""

MISTAKEN: dict[str, str] = {
    "mmHg": "mm[Hg]", "cmH2O": "cm[H2O]", "IU": "[IU]", "IU/L": "[IU]/L", "IU/mL": "[IU]/mL", "kIU/L": "k[IU]/L",
    "mIU/L": "m[IU]/L", "mIU/mL": "m[IU]/mL", "mcg": "ug", "mcg/L": "ug/L", "mcg/kg": "ug/kg", "mcg/mL": "ug/mL",
    "hr": "h", "hrs": "h", "hours": "h", "hour": "h", "sec": "s", "seconds": "s", "days": "d", "day": "d",
    "weeks": "wk", "week": "wk", "months": "mo", "month": "mo", "years": "a", "year": "a", "yr": "a", "yrs": "a",
    "bpm": "/min", "beats/min": "{beats}/min", "breaths/min": "{breaths}/min", "BEATS/MIN": "{beats}/min",
    "C": "Cel", "degC": "Cel", "F": "[degF]", "degF": "[degF]", "pH": "[pH]", "K/uL": "10*3/uL", "G/L": "10*9/L",
    "T/L": "10*12/L", "M/uL": "10*6/uL", "x10^9/L": "10*9/L", "x10E9/L": "10*9/L",
    "10E9/L": "10*9/L", "GI/L": "10*9/L", "TI/L": "10*12/L", "cells/uL": "{cells}/uL", "cells/kg": "{cells}/kg",
    "vg/kg": "{vg}/kg", "copies/mL": "{copies}/mL", "count": "{count}", "score": "{score}", "events": "{events}",
    "percent": "%", "LB": "[lb_av]", "lb": "[lb_av]", "lbs": "[lb_av]", "IN": "[in_i]", "in": "[in_i]",
    "inch": "[in_i]", "mM": "mmol/L", "uM": "umol/L", "nM": "nmol/L", "pM": "pmol/L", "ppm": "[ppm]", "Eq": "eq",
    "mEq/L": "meq/L", "mEq": "meq", "mOsm/kg": "mosm/kg", "kcal/kg/day": "kcal/kg/d", "mg/kg/day": "mg/kg/d",
    "mg/day": "mg/d", "g/day": "g/d", "cc": "mL", "kilograms": "kg", "/HPF": "/[HPF]", "ng/mL FEU": "ng/mL{FEU}",
    "text": "{text}", "percentile": "{percentile}", "sq m": "m2", "mins": "min",
}  # fmt: skip
"""What people write, and the code they mean. Some are valid UCUM for something else (pH: picohenry; K/uL: kelvin)."""

TRAPS: frozenset[str] = frozenset({"C", "F", "pH", "K/uL", "G/L", "T/L"})
"""Of these, codes that are valid UCUM for something that no clinical table holds: refused, with what is meant."""
