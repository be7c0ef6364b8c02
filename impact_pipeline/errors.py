"""What the project raises on purpose. A number that cannot be computed is `NotEstimable`, a value, and not here."""

from __future__ import annotations


class ImpactError(Exception):
    """Base of every error raised on purpose; its message is safe to show (no value of a row, no secret)."""


class InputError(ImpactError):
    """The user's input is wrong: the message says where, what was found, what is allowed and what to do."""


class SourceError(ImpactError):
    """A source could not deliver a partition (missing, unreadable, refused)."""


class ContractBreach(ImpactError):
    """A partition breaks its contract in a way that refuses the whole day."""


class LakeError(ImpactError):
    """The lake is not in the state an operation needs (nothing published, newer generation there)."""


class MaintenanceError(ImpactError):
    """The lake is being erased from, or is in use by whom an erasure must not meet."""
