"""The untreated cohort: what it is, who of it is comparable, from when it counts, what of it is missing."""
