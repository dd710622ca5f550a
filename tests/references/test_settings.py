"""Which keys are settings, and which of their values are kept."""

import pytest

from mesh_probe.model import Setting
from mesh_probe.references import settings


@pytest.mark.parametrize(
    ("key", "value", "kept", "subject"),
    [
        ("HTTP_TIMEOUT", "30s", "30s", "timeout"),
        ("connectTimeoutMs", "500", 500.0, "timeout"),
        ("grpc.deadline", "PT1.5S", "PT1.5S", "timeout"),
        ("MAX_RETRIES", 3, 3.0, "retry"),
        ("resilience4j.retry.instances.cart.max-attempts", "3", 3.0, "retry"),
        ("resilience4j.ratelimiter.limit-for-period", "3", 3.0, "breaker"),
        ("circuitBreaker.enabled", True, True, "breaker"),
        ("hystrix.command.default.timeout", "1000", 1000.0, "timeout"),
        ("RATE_LIMIT_PER_SECOND", "100", 100.0, "limit"),
        ("FEATURE_NEW_CHECKOUT", "on", True, "flag"),
        ("CANARY_PERCENT", "5%", "5%", "canary"),
        ("MTLS_ENABLED", "false", False, "auth"),
        ("DB_SSLMODE", "require", True, "tls"),
        ("kafka.security.protocol", "SASL_PLAINTEXT", False, "tls"),
        ("USE_TLS", "yes", True, "tls"),
        ("cni-exclusive", "true", True, "network"),
        ("bpf-lb-sock-hostns-only", "false", False, "network"),
        ("enable-bpf-masquerade", "true", True, "network"),
    ],
)
def test_a_listed_key_keeps_its_value(
    key: str, value: object, kept: str | float | bool, subject: settings.Subject
) -> None:
    assert settings.find(key, value, "env") == Setting(key, kept, "env", subject)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PORT", "80"),
        ("RETRY_TOKEN", "123456"),
        ("TLS_KEY", "true"),
        ("HTTP_TIMEOUT", "soon"),
        ("HTTP_TIMEOUT", "hunter2"),
        ("HTTP_TIMEOUT", "P"),
        ("HTTP_TIMEOUT", ""),
        ("HTTP_TIMEOUT", float("nan")),
        ("HTTP_TIMEOUT", float("inf")),
        ("HTTP_TIMEOUT", None),
        ("HTTP_TIMEOUT", ["1s"]),
        ("FEATURE_SET", "hunter2"),
        ("cni-exclusive-path", "true"),
        ("kube-proxy-replacement", "strict"),
        ("", "1"),
    ],
)
def test_other_keys_and_other_values_are_not_kept(key: str, value: object) -> None:
    assert settings.find(key, value, "env") is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("IdentityUrl", "http://identity-api"),
        ("Identity__Url", "http://identity-api:8080"),
        ("Authentication__Authority", "http://keycloak:8080/realms/bff-realm"),
        ("appsettings.json:AuthServer.Authority", "https://identity.auth.svc.cluster.local"),
        (
            "KEYCLOAK_METADATA_ADDRESS",
            "http://keycloak:8080/realms/x/.well-known/openid-configuration",
        ),
        ("spring.security.oauth2.resourceserver.jwt.issuer-uri", "http://keycloak/realms/a"),
        ("security.oauth2.resource.jwk.key-set-uri", "http://keycloak.iam.svc:8080/certs"),
        ("IDENTITY_SERVER_URL", "http://ids"),
        ("KEYCLOAK_AUTH_SERVER_URL", "http://keycloak:8080/auth"),
        ("KEYCLOAK_URL", "http://keycloak:8080"),
        ("OIDC_ISSUER", "http://dex.auth.svc:5556/dex"),
        ("OIDC_DISCOVERY_URL", "http://dex:5556/dex/.well-known/openid-configuration"),
        ("JWKS_URL", "http://auth:3000/.well-known/jwks.json"),
        ("IssuerUri", "http://auth"),
        ("OAUTH2_INTROSPECTION_ENDPOINT", "http://hydra-admin:4445/oauth2/introspect"),
    ],
)
def test_who_signs_tokens_inside_the_cluster_is_a_setting_of_authentication(
    key: str, value: str
) -> None:
    assert settings.find(key, value, "env") == Setting(key, True, "env", "auth")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("OIDC_ISSUER", "https://login.example.com/"),  # people's logins, outside
        ("IdentityUrl", "http://localhost:5105"),
        ("IdentityUrlHC", "http://identity-api/hc"),
        ("IDENTITY_MANAGEMENT_URL", "http://identity"),
        ("OIDC_REDIRECT_URI", "http://shop/callback"),
        ("OIDC_CLIENT_ID", "shop"),
        ("ISSUER_SERVICE_URL", "http://card-issuer"),
        ("CATALOG_URL", "http://catalog"),
        ("config.route.authority", "catalog"),
        ("KEYCLOAK_URL", "keycloak"),
    ],
)
def test_other_addresses_are_no_setting_of_authentication(key: str, value: str) -> None:
    assert settings.find(key, value, "env") is None
