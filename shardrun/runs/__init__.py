"""One run, from what a person asked for to what came of it; or a trial of it, or one shard.

Here the parts below are brought together. What a person types and sees is not known here.
"""
