"""One file per output format, each with NAME and render(dossier) -> bytes."""
