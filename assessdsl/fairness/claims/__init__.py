"""What looking at the plan says of each property: one function for each, from a study and a claim to verdicts."""
