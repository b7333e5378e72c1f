"""Effects: one class per concern, its ports injected; errors leave translated by `failures`."""
