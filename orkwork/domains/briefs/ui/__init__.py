"""The brief in the browser: its sentences with their links, and the page that shows all of it."""

from orkwork.domains.briefs.ui import page

__all__ = ["page"]
