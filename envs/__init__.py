"""The table of environments: id -> (module below ``ludus.envs``, time limit in steps).

Adding an environment: CONTRIBUTING.md. An id whose rules are a peer's carries the peer's version.
"""

import gymnasium

ENVIRONMENTS: dict[str, tuple[str, int | None]] = {
    "ludus/CartPole-v1": ("ludus.envs.robotics.cartpole", 500),
    "ludus/Acrobot-v1": ("ludus.envs.robotics.acrobot", 500),
    "ludus/MountainCar-v0": ("ludus.envs.robotics.mountain_car", 200),
    "ludus/MountainCarContinuous-v0": ("ludus.envs.robotics.mountain_car_continuous", 999),
    "ludus/Pendulum-v1": ("ludus.envs.robotics.pendulum", 200),
    "ludus/Rover-v0": ("ludus.envs.robotics.rover", 500),
    "ludus/Picker-v0": ("ludus.envs.robotics.picker", 40),
    "ludus/Snake-v1": ("ludus.envs.games.snake", 4000),
    "ludus/Breakout-v0": ("ludus.envs.games.breakout", 8000),
    "ludus/FrozenLake-v1": ("ludus.envs.games.frozen_lake", 100),
    "ludus/Taxi-v4": ("ludus.envs.games.taxi", 200),
    "ludus/CliffWalking-v1": ("ludus.envs.games.cliff_walking", None),
    "ludus/Bandit-v0": ("ludus.envs.games.bandit", 1000),
    "ludus/Elevator-v0": ("ludus.envs.automation.elevator", None),
    "ludus/Sorter-v0": ("ludus.envs.automation.sorter", 1000),
    "ludus/Battery-v0": ("ludus.envs.automation.battery", None),
    "ludus/BatteryDiscrete-v0": ("ludus.envs.automation.battery_discrete", None),
    "ludus/Maintenance-v0": ("ludus.envs.automation.maintenance", 168),
    "ludus/Helpdesk-v0": ("ludus.envs.automation.helpdesk", 200),
}


def register(id: str, module: str, max_episode_steps: int | None = None) -> None:
    """Make the environment file ``module`` (a dotted path) known to Gymnasium; an id that exists is left alone.

    Entry points are strings, so nothing is imported or compiled before ``gymnasium.make`` or ``make_vec``.
    """
    if id in gymnasium.registry:
        return
    gymnasium.register(
        id=id,
        entry_point="ludus.envs.engine.env:Env",
        vector_entry_point="ludus.envs.engine.vector:VectorEnv",
        max_episode_steps=max_episode_steps,
        # The environment enforces the order of calls and checks actions itself, at a tenth of the wrappers' price.
        order_enforce=False,
        disable_env_checker=True,
        kwargs={"module": module},
    )
