"""`python3 -m model_fetcher`"""

import os
import sys

from model_fetcher.main import main

# Not a copy: libraries read theirs from it, too.
code = main(os.environ)
sys.stdout.flush()
# A transfer that was given up may still hang in a system call; nothing waits for it.
os._exit(code)
