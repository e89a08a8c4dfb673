"""One patient as the own control: series over time, events, composites, randomised starts, descriptive indices."""
