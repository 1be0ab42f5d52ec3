"""The panels beside the image: what is said of the image as a whole, and what a model proposed."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Locator, expect

from tests.waiting import wait_for


class Panels:
    """The part of the workbench right of the image; the rest of it is in `Workbench`."""

    # ----- what is said of the whole image -----

    def diagnose(self, label: str | None, *, form: dict[str, Any], certainty: str, basis: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Fill in the diagnosis panel with the keyboard and return what the document must say."""
        campaign = self.campaign
        if label is not None:
            self.choose_diagnosis(label)
        for name, value in form.items():
            self.answer(campaign["form"], name, value)
        at = ["definite", "probable", "possible", "indeterminate"].index(certainty)
        button = self.page.locator("#diagnosis-panel .form ~ .form-field .segments button").nth(at)
        button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        for at, (method, status) in enumerate(basis):
            self.page.locator("#diagnosis-panel .basis-row:last-child select").select_option(method)
            row = self.page.locator("#diagnosis-panel .basis-row").nth(at)
            expect(row.locator("select").first).to_have_value(method)
            row.locator("select").last.select_option(status)
            expect(row.locator("select").last).to_have_value(status)
        return {
            "labels": [label] if label else [],
            "form": form,
            "certainty": certainty,
            "basis": [{"method": method, "status": status} for method, status in basis],
        }

    def tab_to(self, name: str, key: str = "Tab") -> None:
        """Press Tab, or Shift+Tab, until the control with this accessible name has the focus."""
        is_there = """(name) => {
          const {activeElement: focused} = document;
          const named = [focused.getAttribute('aria-label'), focused.labels?.[0]?.textContent, focused.textContent];
          return named.some((text) => text?.trim().replace(/\\*$/, '') === name);
        }"""
        for _ in range(120):
            if self.page.evaluate(is_there, name):
                return
            self.key(key)
        raise AssertionError(f"Tab never comes to {name!r}")

    def done_reads(self) -> int:
        """How many images this reader has submitted, by the home page's figures."""
        progress = self.get("/api/campaigns/")
        return int(sum(each["done"] for each in progress["reading"]))

    def choose_diagnosis(self, label: str) -> None:
        """Choose the diagnosis by its key, or by Enter on its button where it has none."""
        campaign = self.campaign
        entry = next(each for each in campaign["label_set"]["labels"] if each["code"] == label)
        name = entry["display"][self.language]
        button = self.page.locator("#diagnosis-panel .label-button").filter(has=self.page.get_by_text(name, exact=True))
        if entry["key"]:
            self.key(entry["key"])
        else:
            button.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")

    def field(self, form: dict[str, Any], name: str) -> Locator:
        """The place of one question of the form."""
        title = re.compile(rf"^{re.escape(form['ui']['fields'][name][self.language])}\*?$")
        fields = self.page.locator("#diagnosis-panel .form .form-field")
        return fields.filter(has=self.page.locator(".form-title", has_text=title))

    def answer(self, form: dict[str, Any], name: str, value: Any) -> None:
        """Answer one question of the form."""
        words = form["ui"]["fields"][name]
        field_ = self.field(form, name)
        options = words.get("options", {})
        if isinstance(value, list):
            for one in value:
                field_.get_by_label(options[one][self.language], exact=True).press("Space")
        elif field_.locator("select").count():
            field_.locator("select").select_option(label=options[str(value)][self.language])
        elif isinstance(value, bool):
            field_.locator(".segments button").nth(0 if value else 1).press("Enter")
        elif options:
            at = form["schema"]["properties"][name]["enum"].index(value)
            field_.locator(".segments button").nth(at).press("Enter")
        else:
            field_.locator("input, textarea").fill(str(value))
            field_.locator("input, textarea").press("Tab")

    # ----- suggestions -----

    def open_suggestions(self) -> list[dict[str, Any]]:
        """Return suggestions that nobody decided on, in the order in which the keys walk through them."""
        found = self.get(f"/api/reads/{self.read_id}/suggestions/")["suggestions"]
        waiting = [each for each in found if not each["decision"] or each["decision"]["verdict"] == "undo"]
        return sorted(waiting, key=lambda each: (each["geometry"] is not None, each["frame"] or 0, -(each["score"] or 0)))

    def wait_for_suggestions(self, *, campaign_admin: Callable[[str], Any]) -> list[dict[str, Any]]:
        """Wait until the model is done with this image, then until its proposals are on the screen."""
        read = self.read
        image, campaign = read["image_id"], read["campaign"]["id"]

        def finished() -> bool:
            runs = campaign_admin(f"/api/campaigns/{campaign}/suggestion-runs/?image_id={image}")
            states = {run["state"] for run in runs["runs"] if run["image_id"] == image}
            assert "failed" not in states, runs
            return states == {"done"}

        wait_for("the suggestion run of this image", finished, 60)
        suggestions = self.open_suggestions()
        if suggestions:
            expect(self.page.locator("#suggestions-panel")).to_be_visible(timeout=15_000)  # the page looks again every few seconds
        return suggestions

    def wait_until_shown(self, suggestion: dict[str, Any]) -> None:
        """Wait until the server knows that the suggestion was on the screen of this reader."""
        # Talking to the page lets the driver hand on the requests that it saw.
        wait_for("the suggestion to have been shown", lambda: self.page.evaluate("true") and suggestion["id"] in self.told_shown)

    def wait_decided(self, suggestion: dict[str, Any], verdict: str) -> None:
        """Wait until the server holds this decision on a suggestion."""

        def decided() -> bool:
            found = self.get(f"/api/reads/{self.read_id}/suggestions/")["suggestions"]
            return any(each["id"] == suggestion["id"] and (each["decision"] or {}).get("verdict") == verdict for each in found)

        wait_for("the decision", decided)
