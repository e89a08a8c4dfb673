"""From a sample to the tissue: cell fractions, dose response, time course, surrogates."""
