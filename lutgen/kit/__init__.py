"""Integration kits: a core with a shell around it, and all that a user's own design asks for."""
