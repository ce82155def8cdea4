"""The app in a test, driven as a user would drive it."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "start",
    "patient",
    "safety",
    "ranking",
    "why",
    "what_if",
    "next_test",
    "decision",
    "evidence",
    "cohort",
    "saved",
    "model",
)
SCOPE = {
    "histology": "high_grade_conventional",
    "prior_map": "relapsed",
    "resectability": "unresectable",
    "age": "34",
}


class App:
    """One session of the app, driven as a user would."""

    def __init__(self, at: AppTest) -> None:
        self.at = at

    def start(self, **query: str) -> App:
        for name, value in query.items():
            self.at.query_params[name] = value
        self.at.run()
        return self.press("accept")

    def go(self, page: str) -> App:
        self.at.switch_page(f"screens/{page}.py").run()
        return self

    def press(self, key: str) -> App:
        self.at.button(key=key).click().run()
        return self

    def new(self, label: str = "OS-0042", **markers: str) -> App:
        """A new case on the patient page with values typed in."""
        self.go("start").press("new_case").go("patient")  # the test does not follow the app's own switch
        self.at.text_input(key=self.name("label")).set_value(label).run()
        for marker, value in markers.items():
            self.enter(marker, value)
        return self

    def name(self, part: str) -> str:
        return f"{part}_{self.at.session_state['work'].form}"

    def unfold(self) -> App:
        """Open all groups of the form."""
        self.at.toggle(key="all_open").set_value(True).run()
        return self

    def enter(self, marker: str, value: str) -> App:
        key = self.name(f"m_{marker}")
        if key not in self.keys:
            self.unfold()
        kinds = {widget.key: widget for kind in (self.at.radio, self.at.text_input) for widget in kind}
        kinds[key].set_value(value).run()
        return self

    def rank(self, unfold: bool = True) -> App:
        self.press("rank")
        if unfold:
            self.go("ranking")
            if "own_skip" in {button.key for button in self.at.button}:
                self.press("own_skip")
        return self

    def example(self, name: str = "typical adult", unfold: bool = True) -> App:
        self.go("start")
        chooser = self.at.selectbox(key="start_example")
        chooser.set_value(_path(name)).run()
        return self.press("start_open_example").go("patient").rank(unfold)

    @property
    def text(self) -> str:
        """All text that the page shows by blocks, text, titles and labels."""
        html = [element.proto.body for element in self.at.get("html")]
        plain = [element.value for kind in (self.at.title, self.at.header, self.at.text) for element in kind]
        return "\n".join([*html, *plain])

    @property
    def keys(self) -> set[str]:
        kinds = (self.at.button, self.at.radio, self.at.text_input, self.at.selectbox, self.at.multiselect)
        return {widget.key for kind in kinds for widget in kind}

    def well(self) -> App:
        """No exception, and no page that could not be made."""
        assert not self.at.exception
        assert "could not be made" not in self.text
        return self


def _path(name: str) -> Path:
    return ROOT / "examples" / "patients" / f"{name.replace(' ', '_')}.yaml"
