"""The modules of a page are announced to the browser: all of them, once, under the names that they are served by."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.templatetags.static import static

from viewer.templatetags.page_modules import modules_of

STATIC = Path(__file__).parents[2] / "static"


@pytest.mark.parametrize("page", sorted(path.name for path in (STATIC / "js/pages").glob("*.js")))
def test_the_list_is_closed_under_imports(page: str) -> None:
    names = modules_of(f"js/pages/{page}")
    assert len(names) == len(set(names))
    for name in names:
        lines = (STATIC / name).read_text("utf-8")
        for specifier in re.findall(r"""from ['"]([^'"]+)['"];""", lines) if name.endswith(".js") else []:
            assert str(((STATIC / name).parent / specifier).resolve().relative_to(STATIC)) in names, (name, specifier)


def test_links_carry_the_served_names() -> None:
    shown = Template("{% load page_modules %}{% preload_modules 'js/pages/workbench.js' %}").render(Context())
    hrefs = re.findall(r'<link rel="modulepreload" href="([^"]+)">', shown)
    assert hrefs[0] == static("js/pages/workbench.js")
    assert static("vendor/ol.mjs") in hrefs
    assert len(hrefs) > 50


def test_all_forms_of_import(tmp_path: Path, settings: object) -> None:
    settings.STATICFILES_DIRS = [tmp_path]  # type: ignore[attr-defined]
    (tmp_path / "a").mkdir()
    (tmp_path / "page.js").write_text(
        "// import {x} from './not-this.js';\nimport {\n  one,\n  two,\n} from './a/one.js';\nimport './a/two.js';\n"
        "import four, {five} from \"./a/four.js\";\nexport {six} from './a/six.js';\nexport * from './a/seven.js';\n"
        "const text = \"import x from './never.js'\";\nexport const other = './never.js';\n"
    )
    for name in ("two", "four", "six", "seven"):
        (tmp_path / "a" / f"{name}.js").write_text("")
    (tmp_path / "a" / "one.js").write_text("import {one} from '../page.js';\nimport '../three.js';\n")
    (tmp_path / "three.js").write_text("")
    assert modules_of("page.js") == ["page.js", *(f"a/{name}.js" for name in ("one", "two", "four", "six", "seven")), "three.js"]
    (tmp_path / "three.js").write_text("import './gone.js';\n")
    with pytest.raises(FileNotFoundError, match=r"gone\.js"):
        modules_of("page.js")
