"""What keys say about their values."""

import pytest

from mesh_probe.references import keys


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("CART_ADDR", "address"),
        ("cartUrl", "address"),
        ("spring.datasource.url", "address"),
        ("KAFKA_BROKERS", "address"),
        ("broker1", "address"),
        ("DB_SERVER_NAME", "address"),
        ("ConnectionStrings:Default", "plain"),
        ("DB_CONNECTION_STRING", "address"),
        ("mysql -h", "address"),
        ("OTEL_SERVICE_NAME", "name"),
        ("POSTGRES_USER", "name"),
        ("CACHE_TYPE", "name"),
        ("IMAGE_TAG", "image"),
        ("proxy_pass", "address"),
        ("DB_PASS", "secret"),
        ("DB_PASSWORD", "secret"),
        ("apiToken", "secret"),
        ("TOKEN_URL", "address"),
        ("CART", "plain"),
        ("CART_SERVICE", "address"),
        ("PGHOST", "address"),
        ("GHOST", "plain"),
        ("SESSION_REDIS", "address"),
        ("DD_SERVICE", "name"),
        ("NO_PROXY", "own"),
        ("no_proxy", "own"),
        ("KAFKA_ADVERTISED_LISTENERS", "own"),
        ("CORS_ALLOWED_ORIGINS", "own"),
        ("OAUTH_REDIRECT_URI", "own"),
        ("GF_SERVER_ROOT_URL", "own"),
        ("server_name", "own"),
        ("static.listeners[].address", "address"),
        ("localAgentHostPort", "address"),
        ("", "plain"),
        ("123", "plain"),
    ],
)
def test_the_last_word_of_a_key_decides(key: str, place: str) -> None:
    assert keys.place(key) == place
