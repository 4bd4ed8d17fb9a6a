"""The one file that Airflow loads from this folder: it puts Keepstep's pages into the Airflow UI."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from keepstep_airflow.ui.app import PREFIX, app


class KeepstepPlugin(AirflowPlugin):
    """Pages under "Lists" in the navigation bar."""

    name = "keepstep"
    fastapi_apps: ClassVar[list[Any]] = [{"app": app, "url_prefix": PREFIX, "name": "Keepstep"}]
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Lists",
            "href": f"{PREFIX}/lists",
            "destination": "nav",
            "url_route": "keepstep-lists",
            "nav_top_level": True,
        }
    ]
