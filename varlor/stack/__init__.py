"""The embedded stack: every part as a child process, supervised, on one machine with one state folder."""
