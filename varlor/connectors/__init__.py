"""Outside APIs: one room, one door."""
