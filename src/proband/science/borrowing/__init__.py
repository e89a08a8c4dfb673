"""Borrowing of information across patients, variants and earlier trials: mixtures, MAP priors, hierarchies.

Papers are cited from memory (recalled); the figures that check them are in the tests and in docs/explanation.
"""
