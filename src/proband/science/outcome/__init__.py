"""Engagement against outcome, durability, and the direction of endpoints."""
