"""Genomes and annotations of this machine, by name, build and digest. Only ``proband reference get`` uses a network."""
