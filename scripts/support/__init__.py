"""The helpers of the commands: a bar for trainings, subcommands by name, and terminals that lack letters."""
