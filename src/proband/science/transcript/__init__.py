"""What became of the transcript and the protein: splicing, knock-down, allele selectivity, activity."""
