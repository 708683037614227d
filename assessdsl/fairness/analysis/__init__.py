"""What can be said of a plan without running it: which way each value moves, where it jumps, who reads whose facts."""
