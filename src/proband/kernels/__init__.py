"""Compiled loops on plain arrays: no paths, no classes, no third party but numba and numpy; each has a naive twin."""
