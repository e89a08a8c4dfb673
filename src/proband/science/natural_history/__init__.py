"""The course of a disease without treatment: the cohort, who of it is comparable, and how rare a course is."""
