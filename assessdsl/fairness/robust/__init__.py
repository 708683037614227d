"""How firmly a result stands: what else would have come out, had choices and measurements been a little different."""
