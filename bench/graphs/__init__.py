"""Real dependency graphs, created through the API and worked off by simulated agents in dependency order."""
