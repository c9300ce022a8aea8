"""Choices that a manifest's own metadata may make, where that is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.consumers import CONSUMERS, Role
from core.finding import Finding
from core.labels import is_label_name
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
    if (consumer := metadata.get("consumer")) is not None:
        if consumer in CONSUMERS:
            policy = replace(policy, consumer=CONSUMERS[consumer])
        else:
            findings += _refused("consumer", consumer, CONSUMERS, policy)
    if (role := metadata.get("dataset-role")) is not None:
        if role in list(Role):
            policy = replace(policy, role=Role(role))
        else:
            findings += _refused("dataset-role", role, Role, policy)
    if (label := metadata.get("label-attribute")) is not None:
        if is_label_name(label):
            policy = replace(policy, label_attribute=label)
        else:
            message = "x-amz-meta-label-attribute is not the name of a label."
            fix = "Upload again with the name of a label, or without that metadata."
            field = "x-amz-meta-label-attribute"
            findings += policy.finding(
                "manifest-metadata-invalid", message, kind="label-attribute", field=field, value=label, fix=fix
            )
    return policy, findings


def _refused(name: str, value: str, choices: Iterable[str], policy: Policy) -> list[Finding]:
    field, known = f"x-amz-meta-{name}", ", ".join(choices)
    message = f"{field} is not one of: {known}."
    fix = f"Upload again with one of: {known}; or without that metadata."
    return policy.finding("manifest-metadata-invalid", message, kind=name, field=field, value=value, fix=fix)
