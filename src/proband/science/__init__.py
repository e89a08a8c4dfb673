"""What a scientist would import alone: plain arrays and numbers in, plain results out."""
