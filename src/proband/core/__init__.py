"""The words of the project: frozen values, standard library only, no I/O but the package's own kind table."""
