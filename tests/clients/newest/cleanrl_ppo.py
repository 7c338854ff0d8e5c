"""PPO in the form in which CleanRL writes it: one loop over a vector environment, arrays of (steps, environments).

Written for these tests, after the paper (Schulman et al. 2017, https://arxiv.org/abs/1707.06347) and the shape that
CleanRL made customary: `next_obs` and `next_done` carried from step to step, a Gymnasium vector environment under
RecordEpisodeStatistics, NEXT_STEP autoreset. The step that only resets is a row like any other there, and here.
"""

from dataclasses import dataclass

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical


@dataclass(frozen=True)
class Args:
    total_timesteps: int = 20_000
    learning_rate: float = 2.5e-3
    num_envs: int = 4
    num_steps: int = 128
    gamma: float = 0.99
    gae_lambda: float = 0.95
    num_minibatches: int = 4
    update_epochs: int = 4
    clip_coef: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    seed: int = 1


class Agent(nn.Module):
    def __init__(self, envs: gymnasium.vector.VectorEnv):
        super().__init__()
        inputs, actions = int(np.prod(envs.single_observation_space.shape)), int(envs.single_action_space.n)
        self.critic = nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
        self.actor = nn.Sequential(
            nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, actions)
        )
        nn.init.orthogonal_(self.actor[-1].weight, 0.01)

    def act(self, obs, action=None):
        distribution = Categorical(logits=self.actor(obs))
        action = distribution.sample() if action is None else action
        return action, distribution.log_prob(action), distribution.entropy(), self.critic(obs).squeeze(-1)


def train(envs: gymnasium.vector.VectorEnv, args: Args) -> tuple[list[tuple[int, float, int]], list[float]]:
    """The ends (step, return, length) in their order, and the loss of every update."""
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)  # noqa: NPY002 (as CleanRL does: its minibatches are shuffled by the global generator)
    agent = Agent(envs)
    optimizer = torch.optim.Adam(agent.parameters(), lr=args.learning_rate, eps=1e-5)
    shape = (args.num_steps, args.num_envs)
    obs = torch.zeros(shape + envs.single_observation_space.shape)
    actions = torch.zeros(shape + envs.single_action_space.shape)
    logprobs, rewards, dones, values = (torch.zeros(shape) for _ in range(4))

    ends, losses, global_step = [], [], 0
    next_obs, _ = envs.reset(seed=args.seed)
    next_obs, next_done = torch.Tensor(next_obs), torch.zeros(args.num_envs)
    for _ in range(args.total_timesteps // (args.num_envs * args.num_steps)):
        for step in range(args.num_steps):
            global_step += args.num_envs
            obs[step], dones[step] = next_obs, next_done
            with torch.no_grad():
                actions[step], logprobs[step], _, values[step] = agent.act(next_obs)
            next_obs, reward, terminations, truncations, infos = envs.step(actions[step].long().numpy())
            next_done = torch.Tensor(np.logical_or(terminations, truncations))
            rewards[step] = torch.tensor(reward).view(-1)
            next_obs = torch.Tensor(next_obs)
            if "episode" in infos:
                for i in np.flatnonzero(infos["_episode"]):
                    ends.append((global_step, float(infos["episode"]["r"][i]), int(infos["episode"]["l"][i])))

        with torch.no_grad():
            next_value = agent.critic(next_obs).squeeze(-1)
            advantages, last = torch.zeros(shape), torch.zeros(args.num_envs)
            for t in reversed(range(args.num_steps)):
                alive = 1.0 - (next_done if t == args.num_steps - 1 else dones[t + 1])
                following = next_value if t == args.num_steps - 1 else values[t + 1]
                delta = rewards[t] + args.gamma * following * alive - values[t]
                advantages[t] = last = delta + args.gamma * args.gae_lambda * alive * last
            returns = advantages + values

        flat_obs, flat_actions = obs.flatten(0, 1), actions.flatten(0, 1)
        flat = [x.flatten() for x in (logprobs, advantages, returns)]
        order = np.arange(args.num_envs * args.num_steps)
        for _ in range(args.update_epochs):
            np.random.shuffle(order)  # noqa: NPY002
            for rows in np.split(order, args.num_minibatches):
                old, advantage, target = (x[rows] for x in flat)
                _, new, entropy, value = agent.act(flat_obs[rows], flat_actions[rows])
                ratio = (new - old).exp()
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                clipped = ratio.clamp(1 - args.clip_coef, 1 + args.clip_coef)
                policy_loss = -torch.min(advantage * ratio, advantage * clipped).mean()
                value_loss = 0.5 * (value - target).square().mean()
                loss = policy_loss - args.ent_coef * entropy.mean() + args.vf_coef * value_loss
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), args.max_grad_norm)
                optimizer.step()
        losses.append(loss.item())
    return ends, losses
