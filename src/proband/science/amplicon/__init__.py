"""Amplicon sequencing: reads to unique reads, alignments, events and counts."""
