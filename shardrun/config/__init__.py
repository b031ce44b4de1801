"""The configuration: strict models of the YAML files, and where in them a mistake is."""
