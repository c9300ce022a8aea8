"""What the Makefile needs beyond a line of shell. Standard library only."""
