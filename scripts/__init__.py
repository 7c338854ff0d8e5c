"""The commands, each of which parses, calls and prints; main, progress, subcommands and terminal serve them all."""
