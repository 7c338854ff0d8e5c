"""Checks of environments: the checker of vector environments, the fuzzer, mutants of the rules."""
