"""One worker's share of a machine; imports no numerical library."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One worker's share of the machine.

    Attributes:
        device: value for CUDA_VISIBLE_DEVICES; None to leave it as it is.
        threads: threads that its numerical libraries may use.
    """

    device: str | None
    threads: int

    @property
    def name(self) -> str:
        """Name of its device in the summary."""
        return self.device or "cpu"
