"""What authors of policies work with: layout, remarks beyond what is wrong, descriptions, tests, comparison."""

from assessdsl.authoring.format import Formatted, format_file, format_text, policy_files

__all__ = ["Formatted", "format_file", "format_text", "policy_files"]
