"""One syntax tree from both surfaces, the DSL and YAML, and back."""
