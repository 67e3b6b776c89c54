"""Studies that once went wrong, by name: each is made by code and must now do what is right."""
