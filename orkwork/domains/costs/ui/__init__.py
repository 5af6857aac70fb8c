"""The page of costs, its rows, and the settings of budgets."""

from orkwork.domains.costs.ui import listing, overview, settings

__all__ = ["listing", "overview", "settings"]
