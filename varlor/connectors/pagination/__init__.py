"""Reading page after page: a small state machine a style, what `auto` goes by, and the guards of all."""
