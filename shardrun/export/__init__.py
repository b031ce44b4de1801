"""What a database holds carried out: as files, as data frames."""
