"""The company's settings and one's own look of the pages. Refuses what people and sessions are: that is auth's."""

from orkwork.domains.settings.ui import appearance, company, guarding, holding, weighing

__all__ = ["appearance", "company", "guarding", "holding", "weighing"]
