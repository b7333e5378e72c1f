"""The HTTP API: translates requests into ports and workflows, and decides nothing else."""
