"""airbyte-source-microsoft-dataverse carries out orders. What it means for the sign-in's own host goes to the sandbox.

All else goes to the `url` of its configuration.
"""

from source_microsoft_dataverse import SourceMicrosoftDataverse

from tests.clients.scripts.airbyte_command import Command, refusal, send_to
from tests.clients.scripts.loop import serve


def signed_in(url: str) -> Command:
    """Let sign-ins from now on go to a sandbox."""
    send_to(url)
    return Command(lambda words: SourceMicrosoftDataverse())  # noqa: ARG005 - it takes none


if __name__ == "__main__":
    serve(signed_in, refusal)
