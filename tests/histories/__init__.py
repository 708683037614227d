"""Every accountability history of a few entities over three years, against an independent statement of the rules."""
