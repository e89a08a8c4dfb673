"""The course of a disease without treatment, and how rare a course is."""
