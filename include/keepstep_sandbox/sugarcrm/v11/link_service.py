"""Links of v11: relate one or many, make a related record, unrelate."""

from typing import Any

from keepstep_sandbox.sugarcrm.errors import no_record
from keepstep_sandbox.sugarcrm.links import Link, Links
from keepstep_sandbox.sugarcrm.records import Records
from keepstep_sandbox.sugarcrm.site import Site
from keepstep_sandbox.sugarcrm.v11.calls import Answer, Call
from keepstep_sandbox.sugarcrm.v11.listing import link_of, module_of
from keepstep_sandbox.sugarcrm.v11.rendering import Rendering
from keepstep_sandbox.sugarcrm.v11.writing import Writing


class LinkService:
    """Answers `/MODULE/ID/link` and what is below it, except its lists."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._links = Links(site)
        self._records = Records(site)
        self._writing = Writing(site)
        self._rendering = Rendering(site)

    def relate(self, call: Call) -> Answer:
        """Answer `POST /MODULE/ID/link/LINK/REMOTE`."""
        module, link = self._parent(call)
        self._records.live(link.module, call.path["remote"])
        self._links.relate(module, call.path["id"], link, call.path["remote"])
        return self._one(module, call.path["id"], link, call.path["remote"])

    def relate_many(self, call: Call) -> Answer:
        """Answer `POST /MODULE/ID/link` with `link_name` and `ids`."""
        module, link = self._parent(call)
        told = [str(one.get("id", "")) if isinstance(one, dict) else str(one) for one in call.needed("ids")]
        for remote in told:  # all or none
            self._records.live(link.module, remote)
        for remote in told:
            self._links.relate(module, call.path["id"], link, remote)
        related = [self._record(link.module, remote) for remote in told]
        return Answer({"record": self._record(module, call.path["id"]), "related_records": related})

    def create_related(self, call: Call) -> Answer:
        """Answer `POST /MODULE/ID/link/LINK`: make a record and relate it."""
        module, link = self._parent(call)
        made = self._writing.create(call.user, link.module, call.body)
        self._links.relate(module, call.path["id"], link, made)
        return self._one(module, call.path["id"], link, made)

    def unrelate(self, call: Call) -> Answer:
        """Answer `DELETE /MODULE/ID/link/LINK/REMOTE`."""
        module, link = self._parent(call)
        if call.path["remote"] not in self._links.related(module, call.path["id"], link):
            raise no_record(link.module, call.path["remote"])
        self._links.unrelate(module, call.path["id"], link, call.path["remote"])
        return self._one(module, call.path["id"], link, call.path["remote"])

    def _parent(self, call: Call) -> tuple[str, Link]:
        module = module_of(self._site, call)
        self._records.live(module, call.path["id"])
        return module, link_of(self._site, call)

    def _one(self, module: str, record_id: str, link: Link, remote: str) -> Answer:
        told = {"record": self._record(module, record_id), "related_record": self._record(link.module, remote)}
        return Answer(told)

    def _record(self, module: str, record_id: str) -> dict[str, Any]:
        return self._rendering.record(module, self._site.tables[module].get(record_id) or {})
