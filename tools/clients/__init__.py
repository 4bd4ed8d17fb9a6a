"""Environments for the public clients that the sandboxes are held against, each of its own, made on demand."""
