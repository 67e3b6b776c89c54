"""YAML in, frozen study out: the only reader of YAML."""
