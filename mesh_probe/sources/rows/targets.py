"""Who the programs are whose metrics these are, what they serve, and whose addresses are whose."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from mesh_probe.model import Offer, Peer
from mesh_probe.source import Sample
from mesh_probe.sources.row import Row, words
from mesh_probe.sources.rows.asking import FQDN, POD_INFO, SERVED, TARGET_INFO, Answers, purposes
from mesh_probe.sources.rows.peers import Labels, reader, scraped_peer


class Known(NamedTuple):
    """What metrics besides those of calls tell of targets and addresses."""

    targets: Mapping[tuple[str, str], Labels]
    """What `target_info` adds, by job and instance."""
    pods: Mapping[str, tuple[str, str]]
    """Namespace and name of the pod of an address; of several pods in turn none."""
    hosts: Mapping[str, str]
    """The name of an address outside."""

    def with_target(self, labels: Labels) -> Labels:
        """The labels of a series with what is known of its target besides."""
        prefix = "exported_" if labels.get("exported_job") else ""
        key = labels.get(f"{prefix}job", ""), labels.get(f"{prefix}instance", "")
        found = self.targets.get(key)
        return {**found, **labels} if found else labels

    def named(self, peer: Peer | None) -> Peer | None:
        """The side with the pod, or the name, of its address."""
        if peer is None or peer.host is None or peer.pod or peer.workload:
            return peer
        if (found := self.pods.get(peer.host)) is not None:
            return replace(peer, namespace=found[0], pod=found[1])
        return replace(peer, host=self.hosts.get(peer.host, peer.host))


def known_from(answers: Answers) -> Known:
    """What the answers to a source's further queries tell."""
    return Known(
        _targets(answers.get(TARGET_INFO, ())),
        _pods(answers.get(POD_INFO, ())),
        _hosts(answers.get(FQDN, ())),
    )


def _targets(rows: Iterable[Sample]) -> Mapping[tuple[str, str], Labels]:
    """Several series of one target (rolling updates) count only for what they agree on."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for sample in rows:
        labels = {label: value for label, value in sample.labels.items() if value}
        prefix = "exported_" if "exported_job" in labels else ""
        key = labels.get(f"{prefix}job", ""), labels.get(f"{prefix}instance", "")
        about = {
            label: value
            for label, value in labels.items()
            if label.startswith("k8s_") or label in ("service_name", "service_namespace")
        }
        before = found.get(key, about)
        found[key] = {label: value for label, value in about.items() if before.get(label) == value}
    return found


def _pods(rows: Sequence[Sample]) -> Mapping[str, tuple[str, str]]:
    """Pods in the network of their machine share its address, so it is nobody's."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for sample in rows:
        labels = sample.labels
        ip = labels.get("pod_ip", "")
        if ip and ip != labels.get("host_ip"):
            prefix = "exported_" if labels.get("exported_pod") else ""
            place = labels.get(f"{prefix}namespace", ""), labels.get(f"{prefix}pod", "")
            found[ip].add(place)
    return {ip: places.pop() for ip, places in found.items() if len(places) == 1}


def _hosts(rows: Iterable[Sample]) -> Mapping[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for sample in rows:
        ip, name = sample.labels.get("ip", ""), sample.labels.get("fqdn", "")
        if name and _is_public(ip):
            found[ip].add(name.rstrip("."))
    return {ip: names.pop() for ip, names in found.items() if len(names) == 1}


def _is_public(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_global
    except ValueError:
        return False


def offers(rows: Iterable[Row], answers: Answers, known: Known) -> Iterable[Offer]:
    """Who serves which gRPC services, by the servers' own metrics."""
    found: set[Offer] = set()
    for row in rows:
        prefix = f"{row.part} " if row.part else ""
        served = reader(row)
        for purpose, _ in purposes(answers, prefix, words(row.offers), SERVED):
            for sample in answers[purpose]:
                _, as_server = served(sample.labels)
                server = scraped_peer(known.with_target(sample.labels))
                if as_server is not None and as_server.api and server:
                    found.add(Offer(as_server.api, server))
    return sorted(found, key=repr)
