"""The AST of a policy."""
