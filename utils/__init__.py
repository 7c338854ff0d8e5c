"""Files, untrusted input, signals and messages: nothing here knows the field."""
