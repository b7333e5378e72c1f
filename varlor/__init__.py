"""Varlor's library: give it the address of an API, get a dataset that stays right."""
