"""Costs: an append-only ledger of exact amounts and the rollups that equal it. Refuses to change a row."""
