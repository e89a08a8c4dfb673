"""The kernels of mixed models against dense matrices."""

import numpy as np
import pytest

from proband.kernels.mixed_blocks import distances, predict_nodes, profile, whitened_products


def dense(times, z, factor, phi, scale=1.0):
    """Covariance over sigma^2 with every element written out."""
    v = z @ factor @ factor.T @ z.T
    for a in range(times.size):
        for b in range(times.size):
            v[a, b] += 1.0 if a == b else (phi ** abs(times[a] - times[b]) if phi > 0 else 0.0)
    return v * scale


@pytest.fixture
def patients():
    rng = np.random.default_rng(11)
    made = []
    for size in (1, 2, 5, 7):
        t = np.sort(rng.uniform(0, 4, size))
        x = np.column_stack([np.ones(size), t, rng.normal(size=size)])
        made.append((t, x, np.column_stack([np.ones(size), t]), rng.normal(size=size)))
    return made


FACTOR = np.array([[1.3, 0.0], [-0.4, 0.6]])


def stacked(patients):
    starts = np.cumsum([0, *(t.size for t, *_ in patients)]).astype(np.int64)
    times = np.concatenate([t for t, *_ in patients])
    columns = np.vstack([np.column_stack([z, x, y]) for _, x, z, y in patients])
    return starts, times, columns


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.95])
def test_profile_is_that_of_dense_matrices(patients, phi):
    starts, times, columns = stacked(patients)
    products, log_r = whitened_products(starts, times, columns, phi)
    weights = np.array([0.5, 1.0, 2.0, 1.5])
    logs, sums = profile(products[None], FACTOR[None], np.zeros(1, np.int64), weights)
    expected, log = np.zeros((4, 4)), 0.0
    for (t, x, z, y), w in zip(patients, weights, strict=True):
        v, xy = dense(t, z, FACTOR, phi), np.column_stack([x, y])
        expected += w * xy.T @ np.linalg.inv(v) @ xy
        log += np.linalg.slogdet(v)[1]
    assert sums[0] == pytest.approx(expected, rel=1e-9)
    assert logs[0] + log_r == pytest.approx(log, rel=1e-9)


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_distances_are_those_of_dense_matrices(patients, phi):
    starts, times, columns = stacked(patients)
    products, _ = whitened_products(starts, times, columns, phi)
    beta = np.array([0.3, -0.2, 1.1])
    got, logs = distances(products, FACTOR, beta)
    for i, (t, x, z, y) in enumerate(patients):
        v, r = dense(t, z, FACTOR, phi), y - x @ beta
        assert got[i] == pytest.approx(r @ np.linalg.solve(v, r), rel=1e-9)
        rest = np.linalg.slogdet(dense(t, np.zeros_like(z), FACTOR, phi))[1]
        assert logs[i] == pytest.approx(np.linalg.slogdet(v)[1] - rest, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("phi", [0.0, 0.6])
@pytest.mark.parametrize("first", [0, 1, 4])
def test_prediction_is_that_of_dense_matrices(patients, phi, first):
    t, x, z, y = patients[3]
    rng = np.random.default_rng(12)
    half = rng.normal(size=(3, 3))
    beta, cov, scale = rng.normal(size=3), half @ half.T, 1.7
    got = predict_nodes(
        x, z, t, y[:first], FACTOR[None], np.array([phi]), np.array([scale]), beta[None], cov[None]
    )  # fmt: skip
    alone = dense(t, z, FACTOR, phi, scale)
    full = alone + x @ cov @ x.T
    a, b = slice(0, first), slice(first, t.size)
    gain = full[b, a] @ np.linalg.inv(full[a, a]) if first else np.zeros((t.size, 0))
    r = y[a] - x[a] @ beta
    assert got[0][0] == pytest.approx(x[b] @ beta + gain @ r, rel=1e-9)
    assert got[1][0] == pytest.approx(full[b, b] - gain @ full[a, b], rel=1e-8)
    own = alone[b, a] @ np.linalg.inv(alone[a, a]) if first else np.zeros((t.size, 0))
    assert got[2][0] == pytest.approx(alone[b, b] - own @ alone[a, b], rel=1e-8)
    assert got[3][0] == pytest.approx(r @ np.linalg.solve(full[a, a], r), rel=1e-9)
    assert got[4][0] == pytest.approx(np.linalg.slogdet(full[a, a])[1] if first else 0.0, rel=1e-9, abs=1e-12)
