"""The single checks of `varlor doctor`: each looks, changes nothing, and says what to do."""
