"""One worker's share of a machine; imports no numerical library."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One worker's share of the machine.

    Attributes:
        device: what CUDA_VISIBLE_DEVICES shall be for it; None to leave it as it is.
        threads: threads that its numerical libraries may use.
    """

    device: str | None
    threads: int

    @property
    def name(self) -> str:
        """How the summary calls its device."""
        return self.device or "cpu"
