"""The site's own settings on a data folder of their own, so that a test never touches a real one."""

import os
import tempfile

_DATA_DIR = tempfile.TemporaryDirectory(prefix="mitate-test-")
os.environ["MITATE_DATA_DIR"] = _DATA_DIR.name
os.environ["MITATE_SECRET_KEY"] = "only-for-tests-" + "0123456789" * 5
os.environ["MITATE_DICOMWEB_STORE"] = "true"
# Tests that need another one set it; what a developer's shell happens to hold must not decide.
os.environ["MITATE_MODEL_HOSTS"] = "127.0.0.1:8500"

from config.settings import *  # noqa: E402, F403
