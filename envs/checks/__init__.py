"""What must hold of environments: the checker of vector environments, and the fuzzer."""
