"""The errors that end a run, and its exit codes.

    MeshProbeError          1   a failure that we can name
    ├── UsageError          2   options that do not fit together
    ├── CollectError        3   no snapshot could be taken
    ├── FileError           4   a file cannot be read or written
    ├── DeliveryError       5   a delivery failed; the report was made
    └── ConditionMet       10   what --fail-on named came true; no failure, only the exit code

Everything that can be worked around is a `Gap` in the snapshot instead: the scan goes on.
An error's text is a message id and its parameters, like every other text of the program.
"""

from typing import ClassVar

from mesh_probe.text import Message


class MeshProbeError(Exception):
    """What went wrong, and what the reader can do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, said: Message, hint: Message | None = None) -> None:
        super().__init__(said.id, said.parameters)
        self.said = said
        self.hint = hint


class UsageError(MeshProbeError):
    """Options that do not fit together."""

    exit_code = 2


class CollectError(MeshProbeError):
    """No snapshot could be taken: nothing answered, or nobody let us in."""

    exit_code = 3


class FileError(MeshProbeError):
    """A file cannot be read or written."""

    exit_code = 4


class DeliveryError(MeshProbeError):
    """The report was made, but it did not reach everything that --deliver names."""

    exit_code = 5


class ConditionMet(MeshProbeError):  # noqa: N818  # it is no error, it only ends the run
    """The report was made, and what --fail-on names is so."""

    exit_code = 10
