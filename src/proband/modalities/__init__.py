"""One file per modality: its traits, and why criteria that need another trait do not apply."""
