import re
from pathlib import Path

import pytest
from django.core.management import call_command

IMPORT = re.compile(r"""^(?:import|export)\b[^'"]*from\s*['"]([^'"]+)['"]""", re.MULTILINE)


@pytest.fixture
def collected(tmp_path: Path, settings: object) -> Path:
    """All static files under their hashed names, as a site serves them."""
    settings.STATIC_ROOT = tmp_path  # type: ignore[attr-defined]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.static_storage.ModuleStorage"}}  # type: ignore[attr-defined]
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_every_module_imports_hashed_names_that_exist(collected: Path) -> None:
    modules = [path for path in collected.glob("js/**/*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    assert len(modules) > 50
    targets = {}
    for module in modules:
        for target in IMPORT.findall(module.read_text("utf-8")):
            targets[(module.name, target)] = (module.parent / target).resolve()
    assert targets
    missing = [key for key, path in targets.items() if not path.is_file()]
    unhashed = [key for key, path in targets.items() if not re.search(r"\.[0-9a-f]{12}\.m?js$", path.name)]
    doubled = [key for key in targets if re.search(r"\.([0-9a-f]{12})\.\1\.", key[1])]
    assert (missing, unhashed, doubled) == ([], [], [])
