"""Where tasks run: processes of this machine, this process, a cluster; and what if one is killed.

Nothing here knows what a task does.
"""
