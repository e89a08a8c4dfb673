"""The program folder on disk: what may lie in it, reading it, judgements, and writing a new one."""
