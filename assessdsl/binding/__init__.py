"""Tables to exact values, by what a plan takes."""
