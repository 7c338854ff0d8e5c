"""One Ray for all tests, in this machine's memory only."""

import os
import secrets
import warnings

import pytest


@pytest.fixture(scope="session")
def ray(tmp_path_factory):
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(16)  # or Ray writes one into the home folder
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    with (
        warnings.catch_warnings()
    ):  # Ray Tune imports every algorithm; DreamerV3's makes a faulty environment of its own
        warnings.simplefilter("ignore")
        import ray.rllib.algorithms.dreamerv3

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100 * 2**20)
    yield ray
    ray.shutdown()
