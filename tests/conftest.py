"""What every test may rely on, whoever started pytest."""

import signal

# Started in the background, a process ignores Ctrl-C, and so would all that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
