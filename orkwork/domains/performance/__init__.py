"""Performance: a score of each agent for each day, worked out from its history. Refuses to be edited: it is only counted."""
