"""How connectors are set up in tests of pairs: they give up soon."""

from keepstep.connectors.transport import Retries

QUICK = Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02, patience_s=1.0, read_timeout_s=10.0)
