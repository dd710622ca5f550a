"""The walkthrough in docs/: its commands, and its pictures of what they print."""
