"""SB3's ``VecEnv`` over a batch of Ludus', and over any vector environment of Gymnasium's."""

from .vecenv import BatchVecEnv, make_vec_env, to_sb3

__all__ = ["BatchVecEnv", "make_vec_env", "to_sb3"]
