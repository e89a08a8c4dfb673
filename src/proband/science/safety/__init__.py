"""Safety over time: limits, exposure, adverse events, pooling by platform class, sequential tests, stopping rules."""
