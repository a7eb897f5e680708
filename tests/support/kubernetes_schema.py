"""Kubernetes' objects against the types of Debian's python3-kubernetes: wrong types, unknown and misspelt fields."""

import re

from kubernetes.client import models

SCALARS = {"str": str, "int": int, "bool": bool, "float": (int, float)}
ANYTHING = {"object", "datetime"}
# Newer than the library (1.22): the native sidecar's field.
NEWER = {("V1Container", "restartPolicy"): "str"}
CLASSES = {
    ("v1", "Service"): "V1Service",
    ("apps/v1", "Deployment"): "V1Deployment",
    ("apps/v1", "StatefulSet"): "V1StatefulSet",
    ("networking.k8s.io/v1", "NetworkPolicy"): "V1NetworkPolicy",
}


def problems_of(document):
    """Every problem of an object of Kubernetes' own; nothing is known of the objects of others."""
    kind = CLASSES.get((document["apiVersion"], document["kind"]))
    return list(_problems(document, kind, document["kind"])) if kind else []


def _problems(value, kind, place):
    of_each = re.fullmatch(r"(list\[|dict\(str, )(.*)[\])]", kind)
    if of_each:
        yield from _each(value, list if kind.startswith("list") else dict, of_each[2], place)
    elif kind in SCALARS:
        # A port may be a number or a name, which the library calls an object.
        if not isinstance(value, SCALARS[kind]) or (isinstance(value, bool) and kind != "bool"):
            yield f"{place}: {value!r} is not of the type {kind}"
    elif kind not in ANYTHING:
        yield from _fields(value, kind, place)


def _each(value, container, kind, place):
    if not isinstance(value, container):
        yield f"{place}: {value!r} is not a {container.__name__}"
        return
    for key, item in value.items() if container is dict else enumerate(value):
        yield from _problems(item, kind, f"{place}[{key}]")


def _fields(value, kind, place):
    if not isinstance(value, dict):
        yield f"{place}: {value!r} is not a {kind}"
        return
    model = getattr(models, kind)
    types = {key: model.openapi_types[name] for name, key in model.attribute_map.items()}
    for key, item in value.items():
        known = types.get(key) or NEWER.get((kind, key))
        if known:
            yield from _problems(item, known, f"{place}.{key}")
        else:
            yield f"{place}: there is no field {key!r} in a {kind}"
