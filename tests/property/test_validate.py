"""Somebody else is writing this file now (since 20:51): leave the properties named in it to them."""
