"""What a policy promises, and how it is shown: analysis, proofs, properties, strategies, robustness."""
