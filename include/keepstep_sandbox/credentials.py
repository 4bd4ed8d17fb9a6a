"""What opens a sandbox: published defaults, so that a demo runs at once. They open nothing else."""

from typing import Final

NETSUITE_ACCOUNT: Final = "1234567_SB1"
NETSUITE_CONSUMER_KEY: Final = "sandbox-consumer-key"
NETSUITE_CONSUMER_SECRET: Final = "sandbox-consumer-secret"  # noqa: S105 - published on purpose
NETSUITE_TOKEN_ID: Final = "sandbox-token-id"  # noqa: S105 - published on purpose
NETSUITE_TOKEN_SECRET: Final = "sandbox-token-secret"  # noqa: S105 - published on purpose
NETSUITE_CLIENT_ID: Final = "sandbox-oauth2-client"
NETSUITE_CERTIFICATE_ID: Final = "sandbox-certificate-1"

ACT_ON_USER: Final = "marketing@corp.example.com"
ACT_ON_PASSWORD: Final = "sandbox-password"  # noqa: S105 - published on purpose
ACT_ON_CLIENT_ID: Final = "sandbox-act-on-client"
ACT_ON_CLIENT_SECRET: Final = "sandbox-act-on-secret"  # noqa: S105 - published on purpose
ACT_ON_ACCOUNT_ID: Final = "10042"

SALESFORCE_USER: Final = "ada.admin@corp.example.com"
SALESFORCE_PASSWORD: Final = "sandbox-password"  # noqa: S105 - published on purpose
SALESFORCE_SECURITY_TOKEN: Final = "sandboxtoken"  # noqa: S105 - published on purpose
SALESFORCE_CLIENT_ID: Final = "sandbox-consumer-key"
SALESFORCE_CLIENT_SECRET: Final = "sandbox-consumer-secret"  # noqa: S105 - published on purpose

ACCOUNT_ENGAGEMENT_BUSINESS_UNIT: Final = "0UvKs0000000001CAE"
ACCOUNT_ENGAGEMENT_USER: Final = "ada.admin@corp.example.com"
ACCOUNT_ENGAGEMENT_PASSWORD: Final = "sandbox-password"  # noqa: S105 - published on purpose
ACCOUNT_ENGAGEMENT_SECURITY_TOKEN: Final = "sandboxtoken"  # noqa: S105 - published on purpose
ACCOUNT_ENGAGEMENT_CLIENT_ID: Final = "sandbox-consumer-key"
ACCOUNT_ENGAGEMENT_CLIENT_SECRET: Final = "sandbox-consumer-secret"  # noqa: S105 - published on purpose

DYNAMICS_TENANT_ID: Final = "7b1d7a10-0000-4000-8000-00000000d365"
DYNAMICS_CLIENT_ID: Final = "7b1d7a10-0000-4000-8000-0000000000a1"
DYNAMICS_CLIENT_SECRET: Final = "sandbox-dynamics-secret"  # noqa: S105 - published on purpose

SUGARCRM_USER: Final = "ada.admin"
SUGARCRM_PASSWORD: Final = "sandbox-password"  # noqa: S105 - published on purpose
SUGARCRM_CLIENT_ID: Final = "sugar"
SUGARCRM_CLIENT_SECRET: Final = ""
SUGARCRM_PLATFORM: Final = "keepstep"
