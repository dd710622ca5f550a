from tests.blockers.found import cluster, hits, said
from tests.scenarios.world import Doc, app, service, stateful, thing, workload


def account(name: str, *, mounts: bool | None) -> Doc:
    return thing("v1", "ServiceAccount", name, "shop", automountServiceAccountToken=mounts)


def test_workloads_of_one_account_are_one_caller() -> None:
    seen = cluster(
        *app("shop", "web"),
        *app("shop", "cart"),
        workload("shop", "mailer", port=None, account="mail"),
        *app("other", "lone"),
    )

    (hit,) = hits("account-shared", seen)

    assert hit.subject == "ServiceAccount shop/default"
    assert hit.said == {"account": "default", "count": 2, "examples": "cart, web"}
    assert hit.nodes == ("shop/cart", "shop/web")


def test_versions_of_one_service_may_be_one_caller() -> None:
    seen = cluster(
        workload("shop", "cart-v1", app="cart", account="cart"),
        workload("shop", "cart-v2", app="cart", account="cart"),
        service("shop", "cart"),
    )

    assert said("account-shared", seen) == {}


def test_a_database_that_calls_nobody_is_not_counted() -> None:
    seen = cluster(
        *app("shop", "web"), *stateful("shop", "db", "docker.io/library/postgres:17", 5432)
    )

    assert said("account-shared", seen) == {}


def test_an_account_without_token_needs_linkerds_own() -> None:
    seen = cluster(*app("shop", "web", account="web"), account("web", mounts=False))

    assert said("account-without-token", seen) == {"ServiceAccount shop/web": {"count": 1}}


def test_accounts_with_tokens_and_those_that_run_nothing_do_not() -> None:
    seen = cluster(
        *app("shop", "web", account="web"),
        *app("shop", "cart", account="cart"),
        account("web", mounts=True),
        account("cart", mounts=None),
        account("unused", mounts=False),
    )

    assert said("account-without-token", seen) == {}
