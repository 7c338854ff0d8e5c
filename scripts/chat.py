"""`ludus chat`: be the guest of a help desk yourself."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from rich.console import Console
from rich.text import Text

from ludus.envs.command_line import import_all, slot_fillings
from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import Imports, key_values, parse
from ludus.utils.files import quote, write_atomically

if TYPE_CHECKING:
    from ludus.envs.automation.helpdesk.conversation import Conversation, Heard

DESCRIPTION = """Be the guest of a help desk that finds restaurants: type what you want, and the clerk answers.

  ludus chat runs/desk                                      # the agent of a run is the clerk, and hears as it learned
  ludus chat runs/desk --slot utterance=models/waiter       # it hears by a model of `ludus fit nlp/understand`
  ludus chat ludus/Helpdesk-v0                              # the clerk that comes with Ludus, which hears by keywords
  ludus chat ludus/Helpdesk-v0 --policy desk                # a rule is the clerk, and hears by keywords
  ludus chat runs/desk --explain --log talk.txt             # which words did it; a transcript
  ludus chat runs/desk --window
  printf 'cheap thai food\\nphone number?\\nthanks, bye\\n' | ludus chat ludus/Helpdesk-v0 --policy desk

Below what you say stands what the clerk's sense made of it (heard), and what it wrote into its form, new notes with a
star. /form shows the form, /help helps; /quit, Ctrl-D or Ctrl-C leave. A clerk that was trained with the truth cannot
hear: choose what fills its slot, as above."""

ENV = "ludus/Helpdesk-v0"


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run on ludus/Helpdesk-v0, or this id (whose clerk is the zoo's, or that of --policy)."""
    policy: str | None = None
    """zoo, desk, careful or random, instead of the run's agent."""
    seed: int = 0
    """Of the clerk's sentences, and of where it begins to look for places."""
    explain: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Say which words moved what was understood, and what an agent of ours does first (acts): by integrated gradients
    where a model hears, else by leaving each out and saying it alone."""
    window: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Talk in a window, which shows the conversation, the form and the places that fit."""
    log: Path | None = None
    """A new file for the transcript."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment, such as data=grammar."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """utterance=FILLING: what hears, keywords or the folder of a model."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "chat", DESCRIPTION, arguments)
    import_all(options.imports)
    if options.log is not None and (options.log.exists() or not options.log.absolute().parent.is_dir()):
        raise ValueError(f"--log is a new file in a folder that exists, got {options.log}")
    console = plain_console()
    from ludus.envs.human.chat import Chat, Transcript, chat

    is_typed = sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
    with console.status("opening the desk; the first time its rules are compiled, for a minute"):
        title, talk = open_talk(options)
    transcript = Transcript(console)
    transcript.print(Text(title, "bold"))
    session = Chat(talk, transcript, (lambda heard: why(talk, heard, console)) if options.explain else None)
    try:
        if options.window:
            from ludus.envs.human.chat_window import chat_in_window
            from ludus.envs.rendering.display import NoDisplayError

            try:
                chat_in_window(session, title)
            except NoDisplayError as fault:
                raise RuntimeError(
                    f"no display found: {fault.why}; leave out --window to talk in the terminal"
                ) from None
        else:
            chat(session, is_typed)
    finally:
        talk.close()
        if options.log is not None:
            write_atomically(options.log, transcript.text.encode())
    if options.log is not None:
        console.print(f"Transcript: {quote(options.log)}", soft_wrap=True)
    return 0


def open_talk(options: Arguments) -> tuple[str, "Conversation"]:
    """What the conversation is called, and the conversation.

    Raises:
        FileNotFoundError, ValueError: no run, or one of another environment; a clerk that cannot hear, or does not fit
            what hears.
    """
    from ludus.agents.runs.player import find_player, is_run

    settings = {**key_values(options.set, "--set"), **slot_fillings(options.slot)}
    player = find_player(options.what, options.policy, options.seed, settings)
    if player.env != ENV:
        raise ValueError(f"nobody can be talked to in {player.env}; expected a run of {ENV}, or that id with --policy")
    if player.name == "heuristic":
        raise ValueError("the policy heuristic reads what its guests have in mind, and yours it cannot; take desk")
    from ludus.envs.automation.helpdesk.conversation import Conversation

    for note in player.notes:
        print(f"Note: {note}", file=sys.stderr)
    # A run hears as it was trained; who names a rule alone has not said how, and one sense needs no model.
    hears = {} if is_run(Path(options.what)) else {"utterance": "keywords"}
    talk = Conversation(player.policy, {**hears, **player.keywords}, options.seed)
    return f"{player.title} · hears by {talk.sense} · venues of {talk.source}", talk


def why(talk: "Conversation", heard: "Heard", console: Console) -> list[tuple[str, Text]]:
    """Which words of what was ``heard`` moved what the clerk understood, and what an agent does first."""
    from ludus.explain.words import coloured, plain
    from ludus.studies.explanation.clerk import weigh_heard

    if heard.understood is None:
        said = "this clerk reads the words itself: nothing was understood that could be explained"
        return [("why", Text(said, "dim"))]
    in_colour = bool(console.color_system)
    lines = []
    for label, action, weighed in weigh_heard(talk, heard):
        text = coloured(weighed) if in_colour else Text(plain(weighed))
        lines.append((label, Text(f"{action}: ") + text if action else text))
    return lines


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
