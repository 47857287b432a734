"""Pages without a database: the sample Structs of `samples.py`, drawn and worded by the real templates."""

import sys
from pathlib import Path

# Tests are no package; the samples are shared with `python -m tests.web.preview`, which runs from the root.
sys.path.insert(0, str(Path(__file__).parents[2]))
