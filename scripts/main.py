"""The console command `ludus`: hands over to the subcommand's script, and turns errors into one line."""

import importlib
import os
import sys
from collections.abc import Callable

from ludus.utils.interrupts import INTERRUPTED, SAID, raise_when_interrupted

COMMANDS = {
    "train": "train an agent on an environment, or go on with a run",
    "watch": "see an agent or a policy play: a window, many tiles, or a video",
    "chat": "be the guest of a help desk yourself: an agent or a rule answers",
    "play": "play an environment yourself, and record what you do",
    "plot": "learning curves of one or many runs, as a picture",
    "explain": "what a policy looks at: shares of the numbers that it sees, over its own play",
    "evaluate": "measure an agent or a policy over many episodes",
    "export": "write the policy of a run as an ONNX file, for any runtime",
    "zoo": "the trained policies that come with Ludus: what they earn, their making, their check",
    "study": "small experiments over several seeds, with a table and a picture",
    "fit": "train a model, such as an image classifier, that fills a slot of an environment",
    "tune": "search the settings of a fit, or of an agent, for those that do best",
    "detect": "mark what does not belong in a CSV, with a detector that was fitted",
    "forecast": "ask a fitted model for the coming rows of a series: a table, a CSV, a picture",
    "translate": "translate sentences with a fitted translator, and see which words it looked at",
    "understand": "ask a fitted model what is meant by a text, and which words say so",
    "generate": "draw pictures with a fitted generator: from noise to image, as sheets and a GIF",
    "complete": "let a fitted model of language go on with a text: greedy, or drawn",
    "new": "an environment of your own: a small file that plays already, with a test beside it",
    "envs": "the environments, their parameters and reference scores",
    "check": "does a vector environment keep the rules? every one, with what came and the remedy",
    "benchmark": "measure speed and learning, side by side with peers",
    "fuzz": "hunt for a fault in an environment: random actions, extreme parameters, restores",
    "mutate": "change an environment's rules one at a time: do the tests notice?",
    "upgrade": "rewrite components and runs of the format before this one",
    "demo": "one minute from nothing to a trained Snake agent, a table and a video",
}
ASKING = {"detect", "explain", "forecast", "generate", "complete", "translate", "understand"}  # a model or policy
MOST_LETTERS = 2000  # of a message: values that came from a file can be long


def usage() -> str:
    from ludus.utils.help_text import flowing, listing

    lines = listing((f"ludus {name}", what) for name, what in COMMANDS.items())
    return "\n".join(
        [
            flowing("Ludus: environments for reinforcement learning whose senses can be learned models."),
            "",
            lines,
            "",
            "`ludus COMMAND --help` explains a command. A first run:",
            "",
            "  ludus train ludus/Snake-v1 --steps 1000000 --run runs/snake",
            "  tensorboard --logdir runs",
            "  ludus watch runs/snake",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] == "--version":
        from ludus import __version__

        print(f"ludus {__version__}")
        return 0
    name = arguments[0]
    if name not in COMMANDS:
        from ludus.utils.wording import did_you_mean

        print(f"ludus: unknown command {name!r}{did_you_mean(name, COMMANDS)}", file=sys.stderr)
        return 2
    module = f"ludus.scripts.{'ask.' * (name in ASKING)}{name}"

    def start(rest: list[str]) -> int | None:
        command = importlib.import_module(module).main
        raise_when_interrupted()
        return command(rest)

    return run(start, arguments[1:])


def run(command: Callable[[list[str]], int | None], arguments: list[str]) -> int:
    """Run a script's ``main``; what goes wrong is one line on standard error (LUDUS_TRACEBACK=1 shows all of it).

    The exit status is then 1, or 2 for a mistake in an environment's file.
    """
    import gymnasium

    from ludus.data.datasets import NotAtHand
    from ludus.envs.engine.mistakes import Mistake
    from ludus.scripts.support.terminal import warn_in_a_line, write_what_can_be_written
    from ludus.utils.wording import in_line, in_one_line

    write_what_can_be_written()
    warn_in_a_line()
    try:
        return command(arguments) or 0
    except KeyboardInterrupt:
        print(SAID, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, as in `ludus envs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, MemoryError, gymnasium.error.Error) as fault:
        if os.environ.get("LUDUS_TRACEBACK"):
            raise
        message = in_one_line(in_options(fault), MOST_LETTERS)
        if isinstance(fault, MemoryError):  # NumPy names the type of each field of a record
            message = (
                f"not enough memory: {message.partition(' and data type')[0]}; take fewer environments or episodes"
            )
        if isinstance(fault, NotAtHand):  # what is missing, and what can be done, on a line each
            message = "\n".join(in_line(line, MOST_LETTERS) for line in str(fault).splitlines())
        print(f"ludus: {message}", file=sys.stderr)
        return 2 if isinstance(fault, Mistake) else 1


def in_options(fault: Exception) -> Exception:
    """An error about a setting that an environment does not have in options instead of keywords; any other as it is."""
    from ludus.envs.command_line import SETTINGS
    from ludus.envs.engine.parameters import UnknownSetting

    return ValueError(fault.said(SETTINGS)) if isinstance(fault, UnknownSetting) else fault


if __name__ == "__main__":
    sys.exit(main())
