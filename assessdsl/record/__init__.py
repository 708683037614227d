"""The register of targets, from draft to final, and what is remembered of results."""
