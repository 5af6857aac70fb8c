"""The first page: what needs a person now, and, in a fresh company, the steps to the first finished task."""

from orkwork.domains.dashboard.ui import home

__all__ = ["home"]
