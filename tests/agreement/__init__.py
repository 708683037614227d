"""Every engine beside the exact one, on policies and facts that are made up: the same numbers, or a refusal."""
