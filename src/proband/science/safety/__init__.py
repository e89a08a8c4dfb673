"""Safety over time: limits, exposure, adverse events, pooling by platform class, sequential tests, stopping rules.

Papers are cited from memory (recalled); the figures that check them are in the tests and in docs/explanation.
"""
