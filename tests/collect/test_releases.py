"""Documents without a namespace."""

from typing import Any

from mesh_probe.collect.releases import settle

INSTANCE = "app.kubernetes.io/instance"
PART_OF = "app.kubernetes.io/part-of"


def document(namespace: str | None = None, **labels: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"labels": labels}
    return {"metadata": meta | ({"namespace": namespace} if namespace else {})}


def namespaces(*documents: dict[str, Any]) -> list[str | None]:
    settle(documents)
    return [document["metadata"].get("namespace") for document in documents]


def test_what_belongs_to_a_release_is_where_its_other_objects_are() -> None:
    found = namespaces(
        document("shop", **{INSTANCE: "cinema"}),
        document(**{PART_OF: "cinema"}),
        document(**{INSTANCE: "other"}),
        document(),
    )

    assert found == ["shop", "shop", None, None]


def test_a_release_in_two_namespaces_tells_nothing() -> None:
    named = [document(name, **{INSTANCE: "cinema"}) for name in ("red", "blue")]

    assert namespaces(*named, document(**{INSTANCE: "cinema"})) == ["red", "blue", None]


def test_odd_documents_are_passed_over() -> None:
    settle([{}, {"metadata": None}, {"metadata": {"labels": 1}}, {"metadata": {"namespace": 1}}])
