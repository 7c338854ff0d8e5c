"""`python -m ludus`: the console command, for where no `ludus` is on the path."""

import sys

from .scripts.main import main

if __name__ == "__main__":
    sys.exit(main())
