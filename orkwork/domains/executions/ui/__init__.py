"""The page of one run."""

from orkwork.domains.executions.ui import run

__all__ = ["run"]
