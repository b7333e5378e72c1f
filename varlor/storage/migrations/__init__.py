"""The steps that made the tables what they are; `varlor.storage.migrate` applies them."""
