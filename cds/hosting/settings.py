"""The settings under which the app may start: this machine only, no telemetry, no traces."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cds.errors import Fault

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LARGEST_UPLOAD_MB = 20
#: Setting -> the value it must have, and what goes wrong otherwise.
REQUIRED: Mapping[str, tuple[object, str]] = {
    "browser.gatherUsageStats": (False, "usage figures would leave the machine"),
    "client.showErrorDetails": ("none", "a trace in the browser can show patient values"),
    "client.disableDataExport": (True, "the table's own export does not neutralise formula cells"),
    "client.toolbarMode": ("minimal", "a developer menu would be shown"),
    "server.enableXsrfProtection": (True, "another site could act in the user's name"),
    "server.enableCORS": (True, "another site could read answers"),
    "server.enableStaticServing": (False, "files would be served as they are"),
    "runner.magicEnabled": (False, "a bare expression would print itself"),
}


def settings_faults(options: Mapping[str, object], signs_in: bool = False) -> tuple[Fault, ...]:
    """What is wrong with the app's settings; without a sign-in only this machine may be answered."""
    faults = [
        Fault(name, f"is {_said(options.get(name))}: {why}", f"Set it to {_said(wanted)}.")
        for name, (wanted, why) in REQUIRED.items()
        if options.get(name) != wanted
    ]
    if not signs_in and options.get("server.address") not in LOOPBACK:
        problem = (
            f"is {_said(options.get('server.address'))}: other machines could open the app without a sign-in"
        )
        faults.append(Fault("server.address", problem, "Set it to 127.0.0.1, or set up the sign-in."))
    largest = options.get("server.maxUploadSize")
    if not isinstance(largest, int) or largest > LARGEST_UPLOAD_MB:
        faults.append(
            Fault("server.maxUploadSize", f"is {largest}", f"Set it to {LARGEST_UPLOAD_MB} or less.")
        )
    return tuple(faults)


def _said(value: object) -> str:
    return "not set" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


#: What Streamlit takes where the file says nothing.
DEFAULTS: Mapping[str, object] = {
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "runner.magicEnabled": True,
    "browser.gatherUsageStats": True,
    "client.showErrorDetails": "full",
    "client.toolbarMode": "auto",
    "server.maxUploadSize": 200,
}


def settings_of(path: Path) -> dict[str, object]:
    """The settings that a `.streamlit/config.toml` gives, as `section.name`."""
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    said = {
        f"{section}.{name}": value
        for section, values in data.items()
        if isinstance(values, dict)
        for name, value in values.items()
    }
    return {**DEFAULTS, **said}


#: Every setting that is looked at.
REQUIRED_SETTINGS = (*REQUIRED, "server.address", "server.maxUploadSize")
