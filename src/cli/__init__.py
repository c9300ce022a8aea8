"""The terminal's entry point: the same core from a shell."""
