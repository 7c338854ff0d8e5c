"""Words that moved what a clerk of the help desk understood, and what it does first: for `ludus chat --explain`."""

from typing import Any

import numpy as np
import torch

from ...agents.action_value import value_of_next_action
from ...components.utterance import encode_heard
from ...envs.automation.helpdesk import ACTION_NAMES
from ...envs.automation.helpdesk.conversation import SENSE, Conversation, Heard
from ...explain.omission import weigh_by_omission
from ...explain.words import Weighed
from ...nlp.models.turn_understander import TurnUnderstander
from ...nlp.weighing import weigh_through, weigh_turn


def weigh_heard(talk: Conversation, heard: Heard) -> list[tuple[str, str, Weighed]]:
    """The words of a sentence that was understood, weighed.

    By integrated gradients where a model hears, else by what is understood without each of them.

    Returns:
        ("why", "", words) of what was understood and, where an agent of ours acts, ("acts", its next action, words).
    """
    component: Any = talk.component
    words = heard.text.split()
    value = value_of_next_action(talk.policy, talk.batch, SENSE)
    action = "" if value is None else str(ACTION_NAMES[value.action])
    if isinstance(component, TurnUnderstander):
        found = [("why", "", weigh_turn(component, heard.text, talk.last))]
        if value is not None:
            row = component.row_of(encode_heard(component.lasts.index(talk.last), heard.text))
            found.append(("acts", action, weigh_through(component, row, value, action)))
        return found
    found = [("why", "", weigh_by_omission(words, talk.ask_sense, talk.direction, str(heard.understood)))]
    if value is not None:

        def lead(texts: list[str]) -> np.ndarray:
            with torch.no_grad():
                return value(torch.from_numpy(talk.ask_sense(texts))).cpu().numpy()[:, None]

        found.append(("acts", action, weigh_by_omission(words, lead, np.ones(1), action)))
    return found
