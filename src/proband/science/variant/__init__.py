"""What a variant is called and what it does to the transcript and the protein."""
