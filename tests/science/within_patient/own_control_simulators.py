"""Series without an effect and the usual tests of them, as others would use them: for the calibration only."""

import numpy as np
from scipy import special, stats


def autoregressive(rho, weeks, replicates, rng):
    """Weekly stationary series of unit variance, weeks by replicates."""
    y = rng.standard_normal((weeks, replicates))
    for t in range(1, weeks):
        y[t] = rho * y[t - 1] + np.sqrt(1 - rho**2) * y[t]
    return y


def step(weeks):
    """Days, design and contrast of a step in the middle of a weekly series."""
    t = np.arange(float(weeks))
    return 7 * t, np.column_stack([np.ones(weeks), t >= weeks // 2]), np.array([0.0, 1.0])


def t_test(y):
    """Two-sided P of Student's test of the halves."""
    half = len(y) // 2
    return stats.ttest_ind(y[half:], y[:half]).pvalue


def newey_west(y, lag=2):
    """Two-sided normal P of a step with Newey and West's error."""
    n = len(y)
    _, x, _ = step(n)
    bread = np.linalg.inv(x.T @ x)
    b = bread @ x.T @ y
    e = y - x @ b
    out = np.empty(y.shape[1])
    for j in range(y.shape[1]):
        s = x * e[:, j : j + 1]
        meat = s.T @ s
        for k in range(1, lag + 1):
            g = s[k:].T @ s[:-k]
            meat += (1 - k / (lag + 1)) * (g + g.T)
        out[j] = b[1, j] / np.sqrt((bread @ meat @ bread)[1, 1])
    return 2 * special.ndtr(-np.abs(out))


def fitted_rho(y):
    """Two-sided P of a step with the rho that maximises the restricted likelihood, taken as known."""
    n = len(y)
    _, x, _ = step(n)
    best, p = np.full(y.shape[1], -np.inf), np.empty(y.shape[1])
    for rho in np.linspace(-0.95, 0.98, 60):
        gram, b, rest, determinant = _generalised(y, x, rho)
        sigma2 = rest / (n - 2)
        log = -0.5 * determinant - 0.5 * np.linalg.slogdet(gram)[1] - 0.5 * (n - 2) * np.log(rest)
        t = b[1] / np.sqrt(sigma2 * np.linalg.inv(gram)[1, 1])
        p = np.where(log > best, 2 * special.stdtr(n - 2, -np.abs(t)), p)
        best = np.maximum(best, log)
    return p


def _generalised(y, x, rho):
    """Generalised least squares by the textbook transformation."""

    def white(a):
        return np.vstack([a[:1], (a[1:] - rho * a[:-1]) / np.sqrt(1 - rho**2)])

    xw, yw = white(x), white(y)
    gram = xw.T @ xw
    b = np.linalg.solve(gram, xw.T @ yw)
    return gram, b, ((yw - xw @ b) ** 2).sum(axis=0), (len(y) - 1) * np.log(1 - rho**2)


def negative_binomial(mean, ratio, weeks, replicates, rng, variance_to_mean=2.4, latent=0.35):
    """Weekly counts (replicates by weeks), variance to mean as given in both phases, neighbours correlated by 0.3."""
    u = special.ndtr(autoregressive(latent, weeks, replicates, rng).T)
    mu = np.full(weeks, mean)
    mu[weeks // 2 :] *= ratio
    p = 1 / variance_to_mean
    return stats.nbinom.ppf(u, mu * p / (1 - p), p)


def diaries(patients, rng, weeks=16):
    """Weekly seizure counts of patients who had at least 4 per 28 days over the baseline of half the weeks.

    Rates differ between patients (lognormal, median 2 a week) and wander within them so that the median ratio of
    variance to mean is about 2.4, as reported for diaries; nothing happens to any of them.
    """
    rate = np.exp(rng.normal(np.log(2.0), 1.0, patients))[:, None]
    sigma = np.sqrt(np.log1p(rng.gamma(1.5, 2.0, patients)[:, None] / rate))
    u = autoregressive(0.3, weeks, patients, rng).T
    y = rng.poisson(rate * np.exp(sigma * u - sigma**2 / 2))
    return y[y[:, : weeks // 2].sum(axis=1) >= weeks // 2].astype(float)


def exact_poisson(y):
    """One-sided P of a decrease by the exact conditional test that takes diaries as Poisson."""
    half = y.shape[1] // 2
    a, b = y[:, :half].sum(axis=1), y[:, half:].sum(axis=1)
    return stats.binom.cdf(b, a + b, 0.5)
