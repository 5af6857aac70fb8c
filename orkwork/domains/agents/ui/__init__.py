"""The agents: all of them, one of them, and the forms about them. Shows a key once and keeps none."""

from orkwork.domains.agents.ui import company, detail, editing, keys

__all__ = ["company", "detail", "editing", "keys"]
