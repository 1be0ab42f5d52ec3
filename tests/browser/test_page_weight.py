"""What a reader's browser has to fetch before the first mark can be drawn."""

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
MAX_SCRIPT_BYTES = 250_000
SCRIPTS = """() => {
  const [ready] = performance.getEntriesByName('mitate:ready');
  return performance.getEntriesByType('resource').filter((entry) => /\\.m?js$/.test(new URL(entry.name).pathname))
    .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize, entry.startTime <= ready.startTime]);
}"""


@pytest.mark.parametrize("reader", ["jsp-reader1", "jges-reader1", "jrs-reader1", "jos-reader1", "jsum-reader1", "jda-reader1"])
def test_the_scripts_of_a_workbench_are_light(visit: Begin, reader: str) -> None:
    bench = Workbench(visit(reader, "en")).take_next_from_home()
    bench.wait_still()
    wait_for("what may come later", lambda: any("region_tools" in name for name, _, _ in bench.page.evaluate(SCRIPTS)))
    fetched = bench.page.evaluate(SCRIPTS)
    assert all(size for _, size, _ in fetched), "each came from the server, or its weight is not known"
    assert all(re.search(r"\.[0-9a-f]{12}\.m?js$|^/i18n\.js$", name) for name, _, _ in fetched), "none came twice under two names"
    # On a slide all that comes before is known beforehand; a stack's own modules are found with its manifest.
    announced = set(
        bench.page.evaluate("[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => new URL(link.href).pathname)")
    )
    unannounced = {name for name, _, is_first in fetched if is_first} - announced - {"/i18n.js"}
    assert not unannounced or (reader != "jsp-reader1" and all("/js/viewer/" in name for name in unannounced)), unannounced
    scripts = {name: size for name, size, is_first in fetched if is_first}
    assert len(scripts) > 100
    weight = sum(scripts.values())
    print(f"{reader}: {len(scripts)} scripts, {weight} bytes; {sum(size for _, size, _ in fetched)} with what came behind")
    assert weight <= MAX_SCRIPT_BYTES, sorted(scripts.items(), key=lambda item: -item[1])[:20]
