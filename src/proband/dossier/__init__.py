"""From findings to pages. Computes nothing: everything shown was made to the left of here."""
