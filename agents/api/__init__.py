"""The public face of agents: what stands in `ludus` itself, to load, train, compare, record and export a policy."""
