"""How a project begins: a copy of the bundled one, or a first configuration for another."""
