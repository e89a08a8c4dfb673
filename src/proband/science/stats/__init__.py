"""Statistics of few patients and of counts."""
