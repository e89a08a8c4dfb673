"""Where work runs: this process, a process pool, or a Dask cluster. Same call, same results, same order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from proband.core.errors import ProgramError

A = TypeVar("A")
B = TypeVar("B")


class Executor(Protocol):
    """Applies a function to pieces of work and yields the results in the order of the pieces."""

    def map(self, function: Callable[[A], B], pieces: Sequence[A]) -> Iterator[B]:
        """Results in the order of `pieces`."""
        ...


class Serial:
    """This process, one piece after another."""

    def map(self, function: Callable[[A], B], pieces: Sequence[A]) -> Iterator[B]:
        """Results in the order of `pieces`."""
        return (function(piece) for piece in pieces)


class _Pool:
    """Any executor of `concurrent.futures` form."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool

    def map(self, function: Callable[[A], B], pieces: Sequence[A]) -> Iterator[B]:
        """Results in the order of `pieces`; a piece that raises, raises here."""
        futures = [self.pool.submit(function, piece) for piece in pieces]
        return (future.result() for future in futures)


@contextmanager
def executor(where: str = "serial") -> Iterator[Executor]:
    """An executor by name: ``serial``, ``processes``, ``processes:4``, or ``dask:ADDRESS``.

    Raises `ProgramError` for another name, or for Dask when it is not installed.

    >>> with executor("serial") as e:
    ...     list(e.map(abs, [-1, 2]))
    [1, 2]
    """
    kind, _, detail = where.partition(":")
    if kind == "serial" and not detail:
        yield Serial()
    elif kind == "processes" and (not detail or (detail.isdigit() and int(detail) > 0)):
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        count = int(detail) if detail else (os.cpu_count() or 1)
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
        try:
            yield _Pool(pool)
        except BaseException:
            # Once, and not by leaving a `with`: a second shutdown would take the cancelling back.
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        pool.shutdown(wait=True)
    elif kind == "dask" and detail:
        with _dask_client(detail) as client:
            yield _Pool(client.get_executor(pure=False))
    else:
        raise ProgramError(f"no executor {where!r}: use serial, processes, processes:N or dask:ADDRESS")


def _dask_client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ProgramError("Dask is not installed: pip install 'proband[cluster]'") from None
    return Client(address)
