"""Files that the package carries: the grammar, the word table, the messages, the prelude, the example policies."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(*parts: str) -> Path:
    """A carried file: from the wheel (inside the package), else from the repository's top (an editable install)."""
    for top in (_PACKAGE / "_data", _PACKAGE.parent):
        path = top.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"assessdsl was installed without {'/'.join(parts)}")
