"""How large an error would undo a result: confounding, immortal time, measurement, missing data."""
