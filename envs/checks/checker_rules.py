"""The rules that the checker knows: each has an id, what is expected, the remedy, and where the rule is written."""

from typing import NamedTuple

VECTOR = "https://gymnasium.farama.org/api/vector/"
RESET, STEP = f"{VECTOR}#gymnasium.vector.VectorEnv.reset", f"{VECTOR}#gymnasium.vector.VectorEnv.step"
RENDER, CLOSE = f"{VECTOR}#gymnasium.vector.VectorEnv.render", f"{VECTOR}#gymnasium.vector.VectorEnv.close"
SPACES = f"{VECTOR}#gymnasium.vector.VectorEnv.observation_space"
AUTORESET = "https://farama.org/Vector-Autoreset-Mode"
HERE = "docs/checker.md"


class Rule(NamedTuple):
    expected: str
    remedy: str
    link: str


GYMNASIUM = {
    # What an environment says about itself.
    "type": Rule("a gymnasium.vector.VectorEnv", "derive the class from gymnasium.vector.VectorEnv", VECTOR),
    "num_envs": Rule("num_envs, a whole number >= 1", "set self.num_envs in __init__", VECTOR),
    "metadata.autoreset_mode": Rule(
        'metadata["autoreset_mode"], a member of gymnasium.vector.AutoresetMode',
        'set metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, …}: the member itself, not its name',
        AUTORESET,
    ),
    "metadata.render_modes": Rule(
        'metadata["render_modes"], a list of strings that holds render_mode, unless that is None',
        "list every render mode in metadata, and refuse others in __init__",
        RENDER,
    ),
    "spaces.single": Rule(
        "single_observation_space and single_action_space, of one environment",
        "set both in __init__",
        SPACES,
    ),
    "spaces.observation": Rule(
        "observation_space, of the whole batch: num_envs in front of the single space's shape, the same dtype",
        "set observation_space = batch_space(single_observation_space, num_envs)",
        SPACES,
    ),
    "spaces.action": Rule(
        "action_space, of the whole batch: num_envs in front of the single space's shape, the same dtype",
        "set action_space = batch_space(single_action_space, num_envs)",
        SPACES,
    ),
    # What reset and step return.
    "runs": Rule("reset and step without an exception", "see the exception", STEP),
    "reset.returns": Rule("reset returns (observations, info), info a dict", "return both", RESET),
    "step.returns": Rule(
        "step returns (observations, rewards, terminations, truncations, info), info a dict",
        "return all five",
        STEP,
    ),
    "observation.shape": Rule(
        "observations of the batched space's structure and shape",
        "put the environments along the first axis",
        SPACES,
    ),
    "observation.dtype": Rule(
        "observations of the space's dtype",
        "convert with .astype(space.dtype), or declare the other dtype",
        SPACES,
    ),
    "observation.space": Rule(
        "observations inside the space's bounds", "widen the space's bounds, or clip the observation", SPACES
    ),
    "reward.array": Rule(
        "rewards, a float array (num_envs,)", "return np.zeros(num_envs) with the rewards filled in", STEP
    ),
    "reward.finite": Rule("finite rewards", "look for a division by zero or a NaN in the state", STEP),
    "terminated.array": Rule("terminations, a bool array (num_envs,)", "return an array of dtype bool", STEP),
    "truncated.array": Rule("truncations, a bool array (num_envs,)", "return an array of dtype bool", STEP),
    "info.mask": Rule(
        "for each key k of info a bool array (num_envs,) _k, which says whose value it is",
        'set info["_k"] beside info["k"]; VectorEnv._add_info does it',
        VECTOR,
    ),
    "info.value": Rule(
        "info values that are arrays with num_envs entries, or dicts of such",
        "put one value per environment along the first axis; VectorEnv._add_info does it",
        VECTOR,
    ),
    # Autoreset.
    "autoreset.next_step.reward": Rule(
        "reward 0 in the step after an episode's end", "set reward[ended_before] = 0", AUTORESET
    ),
    "autoreset.next_step.flags": Rule(
        "neither terminated nor truncated in the step after an episode's end",
        "clear both flags of the environments that were reset in this step",
        AUTORESET,
    ),
    "autoreset.next_step.observation": Rule(
        "the first observation of a new episode in the step after an episode's end",
        "reset the environments that ended in the step before, and observe after it",
        AUTORESET,
    ),
    "autoreset.next_step.action": Rule(
        "the action given in the step after an episode's end to be ignored",
        "reset instead of stepping there",
        AUTORESET,
    ),
    "autoreset.same_step.final_obs": Rule(
        'info["final_obs"], an object array (num_envs,) with the last observation of each episode that ended',
        'before the reset: info["final_obs"][i] = observation[i].copy(), in np.full(num_envs, None, dtype=object)',
        AUTORESET,
    ),
    "autoreset.same_step.final_obs.space": Rule(
        "final observations that belong to single_observation_space",
        "store the row of one environment, with the space's dtype",
        AUTORESET,
    ),
    "autoreset.same_step.final_obs.mask": Rule(
        'info["_final_obs"], True exactly where an episode ended in this step',
        'set info["_final_obs"] = terminated | truncated',
        AUTORESET,
    ),
    "autoreset.same_step.final_info": Rule(
        'info["final_info"], a dict with the info of each episode that ended',
        'before the reset: info["final_info"] = the info of the last step (it may be empty)',
        AUTORESET,
    ),
    "autoreset.same_step.final_info.mask": Rule(
        'info["_final_info"], True exactly where an episode ended in this step',
        'set info["_final_info"] = terminated | truncated',
        AUTORESET,
    ),
    "autoreset.same_step.observation": Rule(
        "the first observation of the new episode from step, the last of the old one in final_obs",
        "store final_obs, then reset, then observe",
        AUTORESET,
    ),
    "autoreset.disabled.observation": Rule(
        'the first observation of a new episode from reset(options={"reset_mask": …})',
        "observe after the reset",
        AUTORESET,
    ),
    "autoreset.disabled.others": Rule(
        "a masked reset to leave the observations of the others as they were",
        'reset only where options["reset_mask"] is True',
        AUTORESET,
    ),
    "autoreset.disabled.refused": Rule(
        'reset to refuse an options["reset_mask"] of a wrong shape',
        "raise ValueError unless the mask is a bool array (num_envs,)",
        AUTORESET,
    ),
    "autoreset.new_episode": Rule(
        "whole new episodes after an automatic reset", "reset all of the state, the step counter too", AUTORESET
    ),
    # Seeding.
    "seeding.same": Rule(
        "the same observations, rewards and flags from reset(seed=s) and the same actions, each time",
        "take every random number from the generator that reset(seed=…) makes",
        RESET,
    ),
    "seeding.history": Rule(
        "reset(seed=s) to forget what was before, ended episodes too",
        "clear the mask of ended environments, step counters and caches in reset",
        RESET,
    ),
    "seeding.different": Rule(
        "other episodes from another seed", "make the generator from the seed that was given", RESET
    ),
    "seeding.environments": Rule(
        "environments of one batch that start differently", "seed environment i with seed + i", RESET
    ),
    "seeding.continues": Rule(
        "reset() without a seed to go on with the random numbers: each reset another episode",
        "make a new generator only if a seed was given",
        RESET,
    ),
    # Memory.
    "memory.observation": Rule(
        "returned observations that later steps leave as they are", "return copies, not views of a buffer", STEP
    ),
    "memory.reward": Rule(
        "returned rewards and flags that later steps leave as they are", "return copies, not views of a buffer", STEP
    ),
    "memory.info": Rule(
        "returned infos (final observations too) that later steps leave as they are", "return copies", STEP
    ),
    "memory.written": Rule(
        "an environment that does not read the arrays it has returned: a caller may write into them",
        "return copies, and keep the state in arrays of your own",
        STEP,
    ),
    "memory.actions": Rule("the actions that were given, unchanged", "copy the actions before changing them", STEP),
    # Rendering, actions, closing.
    "render.frames": Rule(
        "one frame per environment, a tuple of uint8 arrays (height, width, 3)",
        "return tuple(frame of environment i for each i)",
        RENDER,
    ),
    "render.pure": Rule(
        "render() to change nothing", "render a copy, and take no random number of the environment's", RENDER
    ),
    "actions.value": Rule(
        "an exception for a whole number outside the action space",
        "check action_space.contains(actions) in step and raise ValueError",
        STEP,
    ),
    "actions.dtype": Rule(
        "an exception for fractions where actions are whole numbers",
        "check action_space.contains(actions) in step and raise TypeError",
        STEP,
    ),
    "actions.shape": Rule(
        "an exception for one action too many", "check len(actions) == num_envs in step and raise ValueError", STEP
    ),
    "close.twice": Rule("close() without an exception, the second time too", "override close_extras, not close", CLOSE),
}

LUDUS = {
    "ludus.num_envs": Rule(
        "episodes that depend on their own seed and actions, not on the number or the order of environments",
        "give each environment a generator of its own",
        f"{HERE}#one-environment-does-not-know-the-others",
    ),
    "ludus.seeding": Rule(
        "reset(seed=s) to mean the seeds s, s + 1, …, and a list to give each environment its own",
        "seed environment i with seed + i",
        f"{HERE}#one-environment-does-not-know-the-others",
    ),
    "ludus.single": Rule(
        "the single and the vector environment to show the same",
        "let both run the same code",
        f"{HERE}#single-and-vector-environment-show-the-same",
    ),
    "ludus.mode": Rule(
        "the autoreset mode that was asked for", "take the keyword autoreset_mode", f"{HERE}#three-modes"
    ),
    "ludus.disabled.others": Rule(
        "a masked reset to leave the episodes of the others as they were",
        "reset state and random numbers only where the mask is True",
        f"{HERE}#three-modes",
    ),
    "ludus.disabled.refused": Rule(
        "gymnasium.error.ResetNeeded from a step of an environment that has ended, under DISABLED",
        "raise gymnasium.error.ResetNeeded if any environment has ended, before one of them moves",
        f"{HERE}#three-modes",
    ),
    "ludus.order": Rule(
        "gymnasium.error.ResetNeeded from a step before the first reset",
        "raise gymnasium.error.ResetNeeded unless reset was called",
        f"{HERE}#refusals",
    ),
    "ludus.actions.short": Rule(
        "an exception for one action too few", "check len(actions) == num_envs in step", f"{HERE}#refusals"
    ),
    "ludus.actions.box": Rule(
        "an exception for NaN and for numbers outside a Box", "check the bounds in step", f"{HERE}#refusals"
    ),
    "ludus.actions.unmoved": Rule(
        "a refused step to change nothing", "check all actions before the first environment moves", f"{HERE}#refusals"
    ),
    "ludus.render.tuple": Rule("frames in a tuple", "return tuple(frames)", f"{HERE}#frames"),
    "ludus.snapshot": Rule(
        "snapshot() to give bytes, and to change nothing", "return bytes of a copy of the state", f"{HERE}#snapshots"
    ),
    "ludus.restore": Rule(
        "restore(snapshot()) to go on exactly as before, in another batch of the same arguments too",
        "put all of the state into the snapshot: random numbers, step counters, who has ended",
        f"{HERE}#snapshots",
    ),
    "ludus.restore.refused": Rule(
        "a ValueError for a damaged snapshot (cut short, one bit flipped), and nothing changed",
        "put a checksum into it, and check everything before taking it over",
        f"{HERE}#snapshots",
    ),
}

RULES = GYMNASIUM | LUDUS
