"""The control plane for a company whose workers are AI agents."""
