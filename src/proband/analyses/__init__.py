"""One file per line of evidence: glue from a program to evidence, science imported inside the function."""
