"""Names, units and the rules of policies."""
