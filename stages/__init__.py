"""The pipeline's stages, one module each; what they share is in `counting`."""

import signal
import sys
from importlib.util import find_spec

# argv[0] is "-m" while Python looks for the module to run. Until that module has set
# its own handlers, let Ctrl-C end it without a traceback.
if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# dvc.yaml runs whichever `python` comes first on the path
if find_spec("numba") is None:
    sys.exit(
        f"stages: error: {sys.executable} has none of the pinned libraries: run "
        "`make repro`, or `source .venv/bin/activate` first"
    )
