"""The analysis plan as text and job, and how it would behave: operating characteristics, feasibility."""
