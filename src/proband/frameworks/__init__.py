"""Rule sets as data, one folder each, and the documents they cite: no code."""
