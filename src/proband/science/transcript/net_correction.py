"""How much of the mis-spliced transcript treatment put right, over what was already right without it.

    correction = 1 - (share not in the wanted form, treated) / (the same share, control)

Of the transcripts that were wrong without treatment, this share is right with it. A patient with one normal allele has
about half of the transcripts right before any dose; the bare share in treated samples would count them as an effect.
Where the untreated target allele gives no right transcript and the other allele no wrong one, correction is the share
of right transcripts of the target allele.

Over biological replicates the ratio is that of `log_ratio` (Welch's t on logarithms, spread at least that of counting:
variance 1/(w + 1/2) - 1/(n + 1) of ln((w + 1/2)/(n + 1)) for w wrong of n; delta method, Agresti, Categorical Data
Analysis, 3rd ed., section 3.1). With one sample in an arm the limits of the two shares are combined (`mover`), which
holds counting error alone.

Coverage of nominal 95 % limits (300 runs a setting; wanted share 0.02 to 0.9 before and 0.05 to 0.97 after; 30 to 3,000
reads; rho 0 and 0.02): 0.927 to 1.000 with 2, 3 and 5 replicates; with one sample 0.93 or above at rho 0, and 0.17 to
0.58 with 300 reads or more at rho 0.02. So one sample decides nothing: see `stated_number.undecided`.

Cannot see: decay of the wrong form (nonsense-mediated decay hides transcripts that were wrong, so that the share that
was right beforehand is too high); a change in the total amount; forms that no read showed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.core.quantity import Quantity
from proband.science.transcript.log_ratio import welch
from proband.science.transcript.mover import ratio
from proband.science.transcript.replicates import shares_of

Counts = Sequence[tuple[float, float]]


def net_correction(treated: Counts, control: Counts, source: str = "") -> Quantity:
    """Correction (fraction, negative where treatment made it worse) from (wanted, other) molecules of each replicate.

    Replicates without reads are left out. Raises ``ProgramError`` when an arm has no reads, or the control no
    transcript of another form: there is then nothing to correct, or it may be.

    >>> q = net_correction([(60, 40), (50, 50), (55, 45)], [(3, 97), (5, 95), (2, 98)])
    >>> round(q.value, 3), [round(x, 2) for x in q.interval(0.95)]
    (0.534, [0.39, 0.64])
    """
    arms = [[(a, b) for a, b in arm if a + b > 0] for arm in (treated, control)]
    missing = [n for n, arm in zip(("treated", "control"), arms, strict=True) if not arm]
    if missing:
        found = f"no read across the event in {' and '.join(missing)} samples"
        raise ProgramError([Problem(source, "", found, "reads in both arms", "measure the other arm")])
    if not sum(b for _, b in arms[1]):
        found = "no transcript of another form in the control"
        raise ProgramError([Problem(source, "", found, "transcripts that need correction", "report the forms alone")])
    if min(map(len, arms)) > 1:
        logs = [[math.log((b + 0.5) / (a + b + 1)) for a, b in arm] for arm in arms]
        floors = [float(np.mean([1 / (b + 0.5) - 1 / (a + b + 1) for a, b in arm])) for arm in arms]
        return welch(logs[0], logs[1], (floors[0], floors[1]), source=source).fall()
    other = [shares_of([[b, a] for a, b in arm]).quantity(0) for arm in arms]
    try:
        made = ratio(other[0], other[1])
    except ValueError as e:
        found = "a share without treatment that may be 0 by its limits"
        raise ProgramError([Problem(source, "", found, "a share above 0", "give more replicates")]) from e
    assert made.value is not None
    model = f"one sample in an arm, spread between samples not known; {made.model}"
    falls = [1 - x for x in reversed(made.quantiles)]
    return Quantity.posterior(falls, "fraction", model=model, value=1 - made.value)
