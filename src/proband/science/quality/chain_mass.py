"""Mass of a chain by four definitions: residue sum, molecule, average as another word for it, monoisotopic.

``residue_sum``: every nucleotide with its phosphate and without end groups, that is nucleosides, the linkages, and one
more phosphodiester; ``molecule`` (and ``average``): with the ends as stated; both by average atomic weights.
``monoisotopic``: the molecule of the lightest common isotopes. All are of the free acid.

Cannot see: counter-ions and water of a sample, conjugates, charge states.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from proband.science.quality.chain import Chain
from proband.science.quality.monomers import Atoms, added, formula, monomers, times


@dataclass(frozen=True, slots=True)
class Masses:
    """Masses in Da, the formula of the molecule, and sodium in its full sodium salt, percent of the dry salt."""

    residue_sum: Decimal
    molecule: Decimal
    monoisotopic: Decimal
    formula: str
    acids: int
    sodium_salt: Decimal
    sodium_percent: Decimal

    def by(self, definition: str) -> Decimal:
        """The mass of a definition."""
        return self.molecule if definition == "average" else getattr(self, definition)


def atoms_of(chain: Chain) -> Atoms:
    """Atoms of the molecule; raises ``ValueError`` where a sugar or a linkage is not known."""
    if chain.missing:
        raise ValueError("; ".join(chain.missing))
    table = monomers()
    nucleosides = Counter(zip(chain.bases, chain.sugars, strict=True))
    parts: list[Atoms] = [times(table.nucleoside(b, s), n) for (b, s), n in nucleosides.items()]
    parts += [times(table.linkage[x], n) for x, n in Counter(chain.linkages).items()]
    parts += [table.end[chain.five_prime], table.end[chain.three_prime]]
    for u in chain.unplaced:
        held = {"sugar": table.sugar, "linkage": table.linkage}.get(u.group)
        if held is None:
            held = {**table.base, **{n: a for n, (_, a) in table.modified.items()}}
        parts += [times(held[u.name], u.count), times(held[u.instead], -u.count)]
    return added(*parts)


def masses(chain: Chain) -> Masses:
    """The masses of a chain; raises ``ValueError`` where a part is not known.

    >>> from proband.science.quality.chain import Chain
    >>> m = masses(Chain(("T", "T"), ("DNA", "DNA"), ("PO",), "hydroxyl", "hydroxyl"))
    >>> str(m.molecule), str(m.residue_sum), m.formula
    ('546.426', '608.390', 'C20H27N4O12P')
    """
    table = monomers()
    atoms = atoms_of(chain)
    ends = added(table.end[chain.five_prime], table.end[chain.three_prime])
    acids = sum(table.acids[x] for x in (*chain.linkages, chain.five_prime, chain.three_prime))
    acids += sum(
        (table.acids[u.name] - table.acids[u.instead]) * u.count for u in chain.unplaced if u.group == "linkage"
    )
    molecule = table.average(atoms)
    salt = table.average(added(atoms, {"Na": acids, "H": -acids}))
    return Masses(
        residue_sum=molecule - table.average(ends) + table.average(table.linkage["PO"]),
        molecule=molecule,
        monoisotopic=table.monoisotopic(atoms),
        formula=formula(atoms),
        acids=acids,
        sodium_salt=salt,
        sodium_percent=100 * acids * table.weights["Na"] / salt,
    )
