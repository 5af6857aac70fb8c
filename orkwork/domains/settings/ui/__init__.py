"""The company's settings and one's own look of the pages. Refuses what people and sessions are: that is auth's."""

from orkwork.domains.settings.ui import appearance, assignment, company, holding

__all__ = ["appearance", "assignment", "company", "holding"]
