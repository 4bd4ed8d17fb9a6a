"""airbyte-source-salesforce carries out orders. What it means for login.salesforce.com goes to the sandbox.

All else follows the token's instance_url.
"""

from source_salesforce.run import _get_source

from tests.clients.scripts.airbyte_command import Command, refusal, send_to
from tests.clients.scripts.loop import serve


def signed_in(url: str) -> Command:
    """Let everything from now on go to a sandbox."""
    send_to(url)
    return Command(_get_source)


if __name__ == "__main__":
    serve(signed_in, refusal)
