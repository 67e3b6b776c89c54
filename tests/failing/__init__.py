"""Studies that once went wrong, by name: each is copied from the shared folder and must now do what is right."""
