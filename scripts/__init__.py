"""The commands: each parses, calls and prints. No logic lives here."""
