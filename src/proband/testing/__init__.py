"""For tests of proband and of what others add to it: hand-written cases, synthetic evidence, contract checks."""
