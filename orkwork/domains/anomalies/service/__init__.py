"""Writing anomalies: `watching` keeps one row for each while it lasts, `acting` does what a policy says, `seeing` is people's."""
