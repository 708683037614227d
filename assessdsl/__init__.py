"""assessdsl: assessment rules as text that people read and programs run exactly."""
