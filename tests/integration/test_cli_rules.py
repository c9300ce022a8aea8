"""Somebody else is writing this file now (since 20:51): leave the command line to them."""
