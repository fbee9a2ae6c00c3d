"""The pile at the other end of a serial cable: its port, console, prompt and files."""
