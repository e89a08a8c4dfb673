"""Clinical data as typed values: series with censoring, doses, care over time, events, visits; and their import."""
