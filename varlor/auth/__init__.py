"""Who asks us, and who we are to others."""
