"""Bases, genomes and transcripts: where a base lies and what it codes for."""
