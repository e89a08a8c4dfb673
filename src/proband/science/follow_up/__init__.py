"""The years after the dose: calendar by product class and age, blood volumes, growth, reports that fall due."""

READS = {
    "plan": "plan/follow_up.toml",
    "monitoring": "plan/monitoring.toml",
    "reference": "plan/growth_reference.csv",
    "clinical": "clinical/*.csv",
}
"""What analyses and commands read, by the name under which an analysis declares it."""
