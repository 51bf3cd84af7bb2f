"""`python3 -m model_server`"""

import os
import sys

from model_server.server import main

sys.exit(main(sys.argv[1:], dict(os.environ)))
