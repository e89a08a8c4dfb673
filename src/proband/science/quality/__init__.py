"""What the product is made of, and whether each lot is what it says: components, masses, lots, limits, genealogy."""
