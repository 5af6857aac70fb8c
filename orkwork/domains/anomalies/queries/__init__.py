"""Reading anomalies, and looking for them: `finding` sees single things, `comparing` what differs from its like."""
