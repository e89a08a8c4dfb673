"""Every example in a docstring of the package runs and gives what it says."""

import doctest
import pkgutil
import warnings
from importlib import import_module

import pytest

import proband

MODULES = sorted(m.name for m in pkgutil.walk_packages(proband.__path__, "proband.") if not m.name.endswith("__main__"))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        failed, _ = doctest.testmod(import_module(name))
    assert failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    assert (
        sum(bool(t.examples) for name in MODULES if ".science." in name for t in finder.find(import_module(name))) > 40
    )
