"""`python -m assessdsl`."""

import sys

from assessdsl.cli import main

sys.exit(main())
