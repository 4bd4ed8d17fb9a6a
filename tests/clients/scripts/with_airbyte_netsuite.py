"""airbyte-source-netsuite carries out orders.

It signs the address it asks for, so that one can't be changed on the way: its own rule for the host is another here.
"""

from source_netsuite import SourceNetsuite

from tests.clients.scripts.airbyte_command import Command, refusal
from tests.clients.scripts.loop import serve


def signed_in(url: str) -> Command:
    """Let everything from now on go to a sandbox."""
    SourceNetsuite.base_url = lambda self, config: url  # noqa: ARG005 - its own makes the host from the account
    return Command(lambda words: SourceNetsuite())  # noqa: ARG005 - it takes none


if __name__ == "__main__":
    serve(signed_in, refusal)
