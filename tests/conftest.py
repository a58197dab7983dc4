"""What holds for all tests."""

import os

# Where several processes share the cores, torch's threads would wait for each other in loops that take the very cores
# they wait for: seven times as long as with threads that sleep.  libgomp reads this when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
