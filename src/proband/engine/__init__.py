"""Running: what there is to run, where it runs, what was run before."""
