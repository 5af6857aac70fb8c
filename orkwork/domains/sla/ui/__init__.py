"""The settings' page of what is promised."""

from orkwork.domains.sla.ui import listing

__all__ = ["listing"]
