"""Nonclinical work: studies, exposure, margins to the human dose, distribution to tissues, what is owed by route."""
