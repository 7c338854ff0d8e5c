"""Networks that see. Each is a component."""
