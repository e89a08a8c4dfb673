"""Gates before a further dose or patient, as rules of the protocol that are evaluated with three values."""

READS = {
    "protocol": "plan/protocol.toml",
    "escalation": "plan/escalation.csv",
    "safety": "safety/*.csv",
    "clinical": "clinical/*.csv",
}
"""What analyses and commands read, by the name under which an analysis declares it."""
