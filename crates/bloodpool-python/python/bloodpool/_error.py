"""``Error``: the one exception of the library, with a stable code."""

from __future__ import annotations


class Error(Exception):
    """Why something was not done.

    Wrong arguments are ``ValueError`` and ``TypeError``; what a file, a study or a model makes impossible is this.
    """

    code: str
    """Stable code, for example ``not_dicom``: docs/JSON.md lists them."""
    file: str | None
    """The file or study that it is about."""
    attribute: str | None
    """The DICOM attribute that it is about, as ``(gggg,eeee) Keyword``."""
    hint: str | None
    """What can be done."""

    def __init__(
        self,
        message: str,
        code: str,
        file: str | None = None,
        attribute: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.file = file
        self.attribute = attribute
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message}; {self.hint}" if self.hint else message

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, str | None, str | None, str | None]]:
        # An exception that passes between processes is pickled.
        return type(self), (str(self.args[0]), self.code, self.file, self.attribute, self.hint)
