"""Where the ontology, the shapes, the JSON-LD context and the JSON Schema lie."""

from __future__ import annotations

from pathlib import Path

from kg.errors import UsageError

_PACKAGE = Path(__file__).parent
#: An installed wheel has the folder inside the package, a checkout beside it.
_FOLDERS = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")


def schema_path(name: str) -> Path:
    """The path of one of the files of ``schemas/``, such as ``"ontology.ttl"``.

    Raises
    ------
    UsageError
        When there is no such file.
    """
    for folder in _FOLDERS:
        path = folder / name
        if path.is_file():
            return path
    raise UsageError(f"no schema {name!r}: looked in {' and '.join(str(folder) for folder in _FOLDERS)}")
