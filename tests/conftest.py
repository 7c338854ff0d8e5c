"""Environments of the tests, registered once."""

import ludus

ludus.register("test/Chain-v0", "chain")
ludus.register("test/Treadmill-v0", "treadmill")
