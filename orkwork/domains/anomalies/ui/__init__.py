"""The anomalies: a page of them, and lines for the dashboard."""

from orkwork.domains.anomalies.ui import listing

__all__ = ["listing"]
