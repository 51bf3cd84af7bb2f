"""`python3 -m model_packages lock|install`: what the image's Dockerfile calls."""

import sys

from model_packages.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
