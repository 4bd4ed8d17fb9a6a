"""The one file that Airflow loads from this folder: it puts Keepstep's pages into the Airflow UI."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from keepstep_airflow.ui.lazy import PREFIX, pages


class KeepstepPlugin(AirflowPlugin):
    """Pages in the navigation bar."""

    name = "keepstep"
    fastapi_apps: list[Any] = [  # noqa: RUF012 # Airflow declares these as plain attributes
        {"app": pages, "url_prefix": PREFIX, "name": "Keepstep"}
    ]
    external_views: list[Any] = [  # noqa: RUF012 # as above
        {
            "name": "Lists",
            "href": f"{PREFIX}/lists",
            "destination": "nav",
            "url_route": "keepstep-lists",
            "nav_top_level": True,
        },
        {
            "name": "Sync queue",
            "href": f"{PREFIX}/queue",
            "destination": "nav",
            "url_route": "keepstep-queue",
            "nav_top_level": True,
        },
    ]
