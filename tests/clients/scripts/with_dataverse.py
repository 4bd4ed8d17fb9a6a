"""PowerPlatform-Dataverse-Client carries out orders: `records.create`, `query.fetchxml`; batches, built as it wants."""

import os
from collections.abc import Mapping
from typing import Any

from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse import col
from PowerPlatform.Dataverse.client import DataverseClient

from tests.clients.scripts.loop import serve


class Client:
    """The client, and uses of those of its functions that give builders."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch(self, *orders: list[Any], **how: Any) -> list[Any]:
        """Run orders in one call, each a function's name and its arguments; those of a `changeset` are orders."""
        batch = self._client.batch.new()
        for name, *arguments in orders:
            if name == "changeset":
                with batch.changeset() as together:
                    for inner, *its in arguments:
                        getattr(together.records, inner)(*its)
            else:
                getattr(batch.records, name)(*arguments)
        return list(batch.execute(**how).responses)

    def built(self, table: str, select: list[str], column: str, value: object, order: str) -> Any:
        """Read the rows of a query that the client's builder makes."""
        builder = self._client.query.builder(table).select(*select).where(col(column) == value)
        return builder.order_by(order).execute()

    def fetched(self, xml: str) -> list[Any]:
        """Read the rows of FetchXML, a list a page."""
        return list(self._client.query.fetchxml(xml).execute_pages())


def signed_in(url: str, certificate: str, **app: str) -> Client:
    """Make the client, and Microsoft's own way of signing an app in; both speak nothing but TLS."""
    os.environ["REQUESTS_CA_BUNDLE"] = certificate
    credential = ClientSecretCredential(**app, authority=url, disable_instance_discovery=True)
    return Client(DataverseClient(url, credential))


def refusal(error: Exception) -> Mapping[str, Any]:
    """Tell status, the service's own code and what else there is, as the client's exceptions hold them."""
    details = getattr(error, "details", {})
    status = getattr(error, "status_code", None)
    return {"status": status, "code": details.get("service_error_code"), "content": details}


if __name__ == "__main__":
    serve(signed_in, refusal)
