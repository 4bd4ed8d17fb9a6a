"""Tasks: thin, they call the engine."""
