"""Environments of the tests, registered once."""

import ludus

ludus.register("test/Chain-v0", "chain")
ludus.register("test/Treadmill-v0", "treadmill")
ludus.register("test/Slider-v0", "slider", max_episode_steps=6)
