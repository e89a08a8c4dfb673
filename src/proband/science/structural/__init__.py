"""Large events at a target and junctions between places, from long reads and split alignments."""
