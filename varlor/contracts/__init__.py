"""Pydantic messages that cross a border: the API's nouns, and what goes into and out of a workflow.

Nothing of ours is imported here. A workflow's message holds ids, cursors' positions and counts;
never a secret and never a page body.
"""
