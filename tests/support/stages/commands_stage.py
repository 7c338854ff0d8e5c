"""What the tests of commands share: a training that takes no time, and what a command says on standard error."""

from ludus.scripts.main import main

TINY = {"num_envs": 4, "rollout_steps": 8, "minibatches": 1, "hidden": [8]}


def said(capsys, *arguments: str) -> tuple[int, str]:
    """Exit status and standard error of a command."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as end:  # tyro's own
        code = int(end.code or 0)
    return code, capsys.readouterr().err
