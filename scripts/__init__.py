"""The commands, each of which parses, calls and prints; main runs them, support/ serves them all."""
