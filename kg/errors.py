"""What can go wrong, as exceptions whose message a user can act on."""

from __future__ import annotations


class KgError(Exception):
    """Base of every error that kg raises on purpose; its text is meant for the user."""


class UsageError(KgError):
    """A request that cannot be carried out as it was made."""


class InputError(KgError):
    """Input that cannot be read: says which file, line and record, and why.

    Parameters
    ----------
    reason : str
        What was wrong and, where it helps, what to do.
    file, line, record : str, int, str, optional
        Where; a line counts from 1, a record is its id or title.
    """

    def __init__(self, reason: str, *, file: str = "", line: int | None = None, record: str = ""):
        self.reason, self.file, self.line, self.record = reason, file, line, record
        where = file + (f":{line}" if line is not None else "")
        parts = [part for part in (where, record) if part]
        super().__init__(": ".join([*parts, reason]))


class StrictError(InputError):
    """The first record that cannot be read, where none may be skipped."""
