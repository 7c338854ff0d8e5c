"""The reference policy of Acrobot: a torque for one step, then pumping, played ahead to the goal."""

from ...engine.kernels import kernel
from .constants import ACTIONS, CLOCKWISE, COUNTER_CLOCKWISE, NONE, VELOCITY_2
from .rules_motion import pose_of, swing, tip_height

HORIZON = 150  # steps that it looks ahead


@kernel
def heuristic(s, world, out):
    """Try each torque for one step and pump from there on; take the one after which the goal is reached soonest.

    To pump is to turn the waist the way it turns already, which puts in energy. Alone it needs 30 steps more, and may
    circle for ever. Where nothing reaches the goal, pump.
    """
    sooner = HORIZON
    out[0] = COUNTER_CLOCKWISE if (s.velocity_2 > 0.0) == (s.torque >= 0.0) else CLOCKWISE
    for action in range(ACTIONS):
        pose, torque = pose_of(s), (action - NONE) * s.torque
        for taken in range(1, sooner):
            pose = swing(s, pose, torque)
            if tip_height(s, pose) > s.goal_height:
                sooner = taken
                out[0] = action
                break
            torque = abs(s.torque) if pose[VELOCITY_2] > 0.0 else -abs(s.torque)
