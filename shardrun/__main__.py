"""``python -m shardrun``: the same as the command ``shardrun``."""

from shardrun.cli import main

if __name__ == "__main__":
    main()
