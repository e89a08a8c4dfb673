"""Borrowing of information across patients, variants and earlier trials: mixtures, MAP priors, hierarchies."""
