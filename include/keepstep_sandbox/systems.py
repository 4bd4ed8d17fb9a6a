"""The register of the systems that have a sandbox: a further system is one line in `SYSTEMS`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette

from keepstep_sandbox import account_engagement, act_on, dynamics, netsuite, salesforce, sugarcrm


@dataclass(frozen=True, slots=True)
class Entry:
    """One system.

    Attributes:
        name: the word in options and paths, `act_on`.
        title: the system's name as its makers write it.
        default_port: where it listens if nobody says otherwise.
        make: builds its application from a seed and a size.
    """

    name: str
    title: str
    default_port: int
    make: Callable[[int, int], Starlette]


def _account_engagement(seed: int, size: int) -> Starlette:
    return account_engagement.create_app(account_engagement.AccountEngagementSettings(seed=seed, size=size))


def _act_on(seed: int, size: int) -> Starlette:
    return act_on.create_app(act_on.ActOnSettings(seed=seed, size=size))


def _dynamics(seed: int, size: int) -> Starlette:
    return dynamics.create_app(dynamics.DynamicsSettings(seed=seed, size=size))


def _netsuite(seed: int, size: int) -> Starlette:
    return netsuite.create_app(netsuite.NetSuiteSettings(seed=seed, size=size))


def _salesforce(seed: int, size: int) -> Starlette:
    return salesforce.create_app(salesforce.SalesforceSettings(seed=seed, size=size))


def _sugarcrm(seed: int, size: int) -> Starlette:
    return sugarcrm.create_app(sugarcrm.SugarCrmSettings(seed=seed, size=size))


SYSTEMS: Final = (
    Entry("netsuite", "Oracle NetSuite", 8701, _netsuite),
    Entry("act_on", "Act-On", 8711, _act_on),
    Entry("salesforce", "Salesforce", 8721, _salesforce),
    Entry("account_engagement", "Account Engagement", 8731, _account_engagement),
    Entry("dynamics", "Microsoft Dynamics 365", 8741, _dynamics),
    Entry("sugarcrm", "SugarCRM", 8751, _sugarcrm),
)
