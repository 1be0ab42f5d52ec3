"""What a hand does while frames are counted, and how they are counted."""

import math
import time
from typing import Any

from playwright.sync_api import CDPSession, Page

_FRAMES = """
() => {
  window.frameTimes = [];
  let last = performance.now();
  const tick = (now) => {
    window.frameTimes.push(now - last);
    last = now;
    window.frameTimer = requestAnimationFrame(tick);
  };
  window.frameTimer = requestAnimationFrame((now) => { last = now; window.frameTimer = requestAnimationFrame(tick); });
}
"""


def frames_while(page: Page, session: CDPSession, move: Any) -> str:
    """Times between frames, and what the main thread did in each, while something moves."""
    before = _task_s(session)
    page.evaluate(_FRAMES)
    move(page)
    times = page.evaluate("() => { cancelAnimationFrame(window.frameTimer); return window.frameTimes; }")
    busy_ms = (_task_s(session) - before) * 1e3 / max(1, len(times))
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"p95 {p95:.0f} ms, max {ordered[-1]:.0f} ms, main thread {busy_ms:.1f} ms a frame (n = {len(ordered)})"


def _task_s(session: CDPSession) -> float:
    return float(next(one["value"] for one in session.send("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration"))


def pan(page: Page, limit_s: float = math.inf) -> None:
    """Drag the view 480 by 240 px, or as far as it comes within a limit."""
    until_s = time.monotonic() + limit_s
    page.keyboard.down("Space")
    page.mouse.move(800, 500)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(800 - 4 * step, 500 - 2 * step)
        if time.monotonic() > until_s:
            break
    page.mouse.up()
    page.keyboard.up("Space")


def zoom(page: Page, limit_s: float = math.inf) -> None:
    """Turn the wheel to and fro, or as often as there is time within a limit."""
    until_s = time.monotonic() + limit_s
    page.mouse.move(700, 500)
    for step in range(24):
        page.mouse.wheel(0, 120 if step % 12 < 6 else -120)
        page.wait_for_timeout(60)
        if time.monotonic() > until_s:
            break
