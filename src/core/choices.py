"""Choices that a manifest's own metadata may make, where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.consumers import CONSUMERS, Role
from core.finding import Finding
from core.policy import Policy


def choose(metadata: Mapping[str, str], policy: Policy) -> tuple[Policy, list[Finding]]:
    """Applies `consumer`, `dataset-role` and `label-attribute` of an object's metadata.

    Args:
        metadata: The object's metadata, without `x-amz-meta-`.
        policy: What holds where the metadata says nothing.

    Returns:
        The policy to judge by, and a finding for each choice that does not exist.
    """
    findings: list[Finding] = []
    consumer, role, label = (metadata.get(name) for name in ("consumer", "dataset-role", "label-attribute"))
    if consumer in CONSUMERS:
        policy = replace(policy, consumer=CONSUMERS[consumer])
    elif consumer is not None:
        findings += _unknown("consumer", consumer, list(CONSUMERS), policy)
    if role in list(Role):
        policy = replace(policy, role=Role(role))
    elif role is not None:
        findings += _unknown("dataset-role", role, list(Role), policy)
    if label:
        policy = replace(policy, label_attribute=label)
    elif label is not None:
        findings += policy.finding("manifest-metadata-invalid", "x-amz-meta-label-attribute is empty.", kind="label-attribute", field="x-amz-meta-label-attribute", value=label)  # fmt: skip
    return policy, findings


def _unknown(name: str, value: str, known: list[str], policy: Policy) -> list[Finding]:
    message = f"x-amz-meta-{name} is none of {', '.join(known)}."
    fix = f"Upload again with one of: {', '.join(known)}; or without that metadata."
    return policy.finding("manifest-metadata-invalid", message, kind=name, field=f"x-amz-meta-{name}", value=value, fix=fix)
