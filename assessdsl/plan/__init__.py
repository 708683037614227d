"""The plan: what every backend runs."""
