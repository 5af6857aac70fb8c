"""Anomalies: what is out of line, with its evidence, while it lasts. Acts only where a policy says so, recorded and undoable."""
