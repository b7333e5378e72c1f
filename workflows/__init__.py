"""Decisions only: what happens next, how long to wait, when to give up."""
