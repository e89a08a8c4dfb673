"""Nanoparticles, vectors, cells and nominal doses: the arithmetic between numbers that were typed.

Encapsulated share = (all RNA - free RNA) / all RNA. N to P = ionizable amines for one phosphate of the RNA, from the
lipid mass for RNA mass, the molar shares and the molar masses; one phosphate for each nucleotide, its mass the mean of
the RNA of this product where that can be computed, else 330 g/mol (a convention, told). Full particles = genomes /
particles. Guide and messenger mass of a dose = RNA for weight x weight, divided by the mass ratio.

Tolerance: half of the last digit as typed of what is compared (of a whole number at most 5 %), and 1 % where a
product of typed numbers is compared; conventions of this tool.

Cannot see: how each number was measured; RNA that sticks to surfaces; empty and part-filled particles.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.units import UnitError, convert, relation
from proband.science.quality.chain import read_chain
from proband.science.quality.chain_mass import masses
from proband.science.quality.component_model import Component, Dose, Measure, Product
from proband.science.quality.recomputed import Recomputed, Status, compared, plain

RNA_NUCLEOTIDE = 330.0
"""g/mol of one RNA nucleotide with its phosphate, as is usual for N to P ratios; used where no RNA can be weighed."""
SINGLE_STRANDED_MOST, SELF_COMPLEMENTARY_MOST = 4700, 2400
"""Nucleotides between and with both terminal repeats that AAV is usually said to hold: recalled from reviews."""
RELATIVE = 0.01
WHOLE = 0.05
"""How far a small whole number may be from what is computed: whether 1 or 1.0 was typed is not kept."""


def half_digit(value: float) -> float:
    """Half of the last digit of a number as it would be written; of a whole number at most 5 %, for 1 may be 1.0.

    >>> half_digit(0.97), half_digit(97.0), half_digit(0.374), half_digit(1.0)
    (0.005, 0.5, 0.0005, 0.05)
    """
    text = repr(float(value))
    if "e" in text:
        return abs(value) * RELATIVE
    decimals = text.split(".")[1]
    if decimals == "0":
        return min(0.5, WHOLE * abs(value))
    return 0.5 * 10.0 ** -len(decimals)


def _some(made: Recomputed | None) -> Iterator[Recomputed]:
    if made is not None:
        yield made


def _in(first: Measure | None, second: Measure | None) -> tuple[float, float] | None:
    """Two measures in the unit of the second; None where one is not there, or they do not convert."""
    if first is None or second is None:
        return None
    try:
        return convert(first.value, first.unit, second.unit), second.value
    except UnitError:
        return None


def particle(c: Component, product: Product) -> Iterator[Recomputed]:
    """Encapsulation, molar shares and N to P of a nanoparticle."""
    p = c.particle
    lipids = [x for x in product.components if x.lipid is not None and x.part_of == c.id]
    if p is not None:
        pair = _in(p.free_rna, p.total_rna)
        share = 100 * (pair[1] - pair[0]) / pair[1] if pair is not None and pair[1] > 0 else None
        stated = p.encapsulation_percent
        within = half_digit(stated) if stated is not None else 0.0
        why = "(all RNA - free RNA) / all RNA" if share is not None else ""
        missing = "RNA in all and free RNA, in one unit"
        yield from _some(
            compared(c.id, "encapsulation", stated, share, "%", tolerance=within, why=why, missing=missing)
        )
        if pair is not None and share is not None and share < 0:
            why = "more free RNA than RNA in all"
            yield Recomputed(c.id, "free RNA", Status.DISAGREES, f"at most {plain(pair[1])}", plain(pair[0]), why=why)
    shares = [x.lipid.molar_percent for x in lipids if x.lipid is not None]
    if lipids and None not in shares:
        total = sum(s for s in shares if s is not None)
        why = f"molar shares of {', '.join(x.id for x in lipids)}"
        yield from _some(compared(c.id, "sum of molar shares", 100.0, total, "%", tolerance=0.5, why=why))
    elif lipids:
        unsaid = ", ".join(x.id for x in lipids if x.lipid is not None and x.lipid.molar_percent is None)
        yield Recomputed(c.id, "sum of molar shares", Status.NOT_CHECKABLE, why=f"the share of {unsaid} is not stated")
    elif p is not None:
        yield Recomputed(c.id, "sum of molar shares", Status.NOT_CHECKABLE, why="no lipids of this particle are listed")
    if p is not None:
        yield from _n_to_p(c, lipids, product)


def _n_to_p(c: Component, lipids: list[Component], product: Product) -> Iterator[Recomputed]:
    assert c.particle is not None
    ratio, rows, missing = c.particle.lipid_to_rna, [], []
    for x in lipids:
        held = x.lipid
        assert held is not None
        lacks = [k for k in ("molar_percent", "molar_mass") if getattr(held, k) is None]
        lacks += ["ionizable_amines"] if held.lipid_class == "ionizable" and held.ionizable_amines is None else []
        missing += [f"{k} of {x.id}" for k in lacks]
        if not lacks:
            rows.append((held.molar_percent or 0.0, held.molar_mass or 0.0, held.ionizable_amines or 0))
    missing += ["lipid_to_rna"] if ratio is None else []
    missing += ["the lipids"] if not lipids else []
    if missing:
        why = f"not stated: {', '.join(missing)}"
        if c.particle.n_to_p is not None:
            yield Recomputed(c.id, "N to P", Status.NOT_CHECKABLE, plain(c.particle.n_to_p), why=why)
        return
    nucleotide, of = _nucleotide(product)
    amines = sum(share * n for share, _, n in rows)
    mass = sum(share * molar for share, molar, _ in rows)
    value = (ratio or 0.0) * amines / mass * nucleotide
    why = f"molar shares, molar masses, amines, lipid for RNA; {plain(nucleotide, 1)} g/mol for a nucleotide ({of})"
    within = max(half_digit(c.particle.n_to_p), RELATIVE * value) if c.particle.n_to_p is not None else 0.0
    yield from _some(compared(c.id, "N to P", c.particle.n_to_p, value, tolerance=within, why=why))


def _nucleotide(product: Product) -> tuple[float, str]:
    """Mean mass of a nucleotide of the RNA of the product, and what it was computed from."""
    for c in product.components:
        chain = read_chain(c) if c.kind in ("guide_rna", "pegrna") else None
        if chain is not None and not chain.missing:
            return float(masses(chain).residue_sum) / len(chain.bases), f"mean of {c.id}"
    return RNA_NUCLEOTIDE, "a convention"


def vector(c: Component) -> Iterator[Recomputed]:
    """Genome length against the letters and against what a particle holds; full particles from two titres."""
    v = c.vector
    length = len(c.letters) or None
    yield from _some(
        compared(c.id, "genome length", v.genome_length if v else None, length, "nt", missing="the sequence")
    )
    if v is None:
        return
    whole = length or v.genome_length
    if whole is not None and v.genome_form is not None:
        most = SINGLE_STRANDED_MOST if v.genome_form == "single_stranded" else SELF_COMPLEMENTARY_MOST
        form = v.genome_form.replace("_", " ")
        why = f"{form} genome of AAV; the bound is that of reviews, and a longer genome packs badly"
        status = Status.AGREES if whole <= most else Status.DISAGREES
        yield Recomputed(c.id, "what a particle holds", status, f"at most {most}", str(whole), "nt", why=why)
    elif whole is not None:
        yield Recomputed(c.id, "what a particle holds", Status.NOT_CHECKABLE, why="genome_form is not stated")
    full = None
    if v.genome_titre is not None and v.particle_titre is not None:
        genomes = convert(v.genome_titre.value, v.genome_titre.unit, "{vg}/mL")
        name = next(u for u in ("{vp}/mL", "{capsids}/mL", "{particles}/mL") if _same_sort(v.particle_titre.unit, u))
        particles = convert(v.particle_titre.value, v.particle_titre.unit, name)
        full = 100 * genomes / particles if particles > 0 else None
    within = max(half_digit(v.full_percent), RELATIVE * v.full_percent) if v.full_percent is not None else 0.0
    why = "genomes / particles; two assays, so more than 100 % is possible" if full is not None else ""
    made = compared(c.id, "full particles", v.full_percent, full, "%", tolerance=within, why=why, missing="both titres")
    yield from _some(made)


def _same_sort(first: str, second: str) -> bool:
    return relation(first, second) in ("same", "convertible")


def cells(c: Component) -> Iterator[Recomputed]:
    """Viability and dose of cells."""
    held = c.cells
    if held is None:
        return
    pair = _in(held.viable, held.total)
    share = 100 * pair[0] / pair[1] if pair is not None and pair[1] > 0 else None
    stated = held.viability_percent
    within = half_digit(stated) if stated is not None else 0.0
    why = "viable / all cells" if share is not None else ""
    yield from _some(
        compared(c.id, "viability", stated, share, "%", tolerance=within, why=why, missing="viable and all cells")
    )
    if held.dose is None:
        return
    dose, unit, why = None, held.dose.unit, ""
    if held.viable is not None and held.weight is not None and _same_sort(held.viable.unit, "{cells}"):
        viable = convert(held.viable.value, held.viable.unit, "{cells}")
        weight = convert(held.weight.value, held.weight.unit, "kg")
        if _same_sort(unit, "{cells}/kg") and weight > 0:
            dose, why = convert(viable / weight, "{cells}/kg", unit), "viable cells / weight"
    within = max(half_digit(held.dose.value), RELATIVE * held.dose.value)
    made = compared(
        c.id,
        "dose",
        held.dose.value,
        dose,
        unit,
        tolerance=within,
        why=why,
        missing="the number of viable cells and the weight",
    )
    yield from _some(made)


def dose(d: Dose, number: int) -> Iterator[Recomputed]:
    """Masses of a nominal dose: all RNA, and guide and messenger by their mass ratio."""
    name = f"dose {number}"
    per = convert(d.rna_per_weight.value, d.rna_per_weight.unit, "mg/kg")
    weight = convert(d.weight.value, d.weight.unit, "kg")
    total = per * weight
    ratio = d.guide_to_mrna
    guide = total * ratio / (1 + ratio) if ratio is not None else None
    rest = total / (1 + ratio) if ratio is not None else None
    whys = (
        f"{plain(per, 4)} mg/kg x {plain(weight, 3)} kg",
        f"by the mass ratio {plain(ratio, 3)} of guide to messenger" if ratio is not None else "",
    )
    rows = (("RNA in all", d.stated_total, total, whys[0]), ("guide RNA", d.stated_guide, guide, whys[1]),
            ("messenger RNA", d.stated_mrna, rest, whys[1]))  # fmt: skip
    for what, typed, value, why in rows:
        stated = convert(typed.value, typed.unit, "mg") if typed is not None else None
        within = half_digit(stated) if stated is not None else 0.0
        made = compared(
            name, what, stated, value, "mg", tolerance=within, why=why, missing="the mass ratio of guide to messenger"
        )
        yield from _some(made)


def ratios(c: Component, product: Product) -> Iterator[Recomputed]:
    """A stated mass ratio against the stated amounts of both components."""
    for r in c.ratio:
        other = product.component(r.to)
        if other is None or r.basis != "mass":
            continue
        first = Measure(value=c.amount.value, unit=c.amount.unit) if c.amount is not None else None
        second = Measure(value=other.amount.value, unit=other.amount.unit) if other.amount is not None else None
        pair = _in(first, second)
        value = pair[0] / pair[1] if pair is not None else None
        within = max(half_digit(r.value), RELATIVE * r.value)
        what = f"mass ratio to {r.to}"
        why = f"amount of {c.id} / amount of {r.to}" if value is not None else ""
        yield from _some(
            compared(c.id, what, r.value, value, tolerance=within, why=why, missing="an amount of both in one unit")
        )
