"""Addresses in the files that programs and proxies are configured by, however these are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inventory.raw_objects import config_map, filled, service

SERVICES = ("till", "seats", "films", "store", "queue", "store-db")

Found = set[tuple[str, int | str | None]]

NGINX = """\
http {
  upstream backend {
    least_conn;
    server till:80 weight=5 max_fails=3;
    server seats.cine.svc.cluster.local:8080 backup;
    server films;
    server unix:/var/run/x.sock;
  }
  resolver kube-dns.kube-system.svc.cluster.local valid=10s;
  server {
    listen 80;
    server_name store;
    location / { proxy_pass http://backend; }
    location /q { grpc_pass grpc://queue:50051; }
    location /f { fastcgi_pass store-db:9000; }
  }
}
"""
ENVOY = """\
static_resources:
  listeners:
  - address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
  clusters:
  - name: store
    load_assignment:
      cluster_name: store
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address:
                address: till
                port_value: 7070
"""
HAPROXY = """\
defaults
  timeout connect 5s
backend app
  balance roundrobin
  server one till:80 check inter 2s
  server two seats.cine:8080 check
  server three films check
  server-template four 3 queue.cine.svc.cluster.local:9000 check
"""
TRAEFIK = """\
http:
  routers: {r: {rule: Host(`x.example.com`), service: store}}
  services:
    store:
      loadBalancer:
        servers:
        - url: "http://till:8080"
tcp: {services: {db: {loadBalancer: {servers: [{address: "store-db:5432"}]}}}}
"""
TRAEFIK_TOML = """\
[http.services.x.loadBalancer]
  [[http.services.x.loadBalancer.servers]]
    url = "http://till:80"
"""
SPRING = """\
spring:
  cloud.gateway.routes:
  - {id: a, uri: "lb://till", predicates: [Path=/films/**]}
  - {id: b, uri: "http://seats:8080"}
  datasource: {url: "jdbc:postgresql://${DB_HOST:store-db}:${DB_PORT:5432}/x", username: queue}
  rabbitmq: {addresses: "queue:5672,films:5672"}
"""
COLLECTOR = """\
receivers:
  otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}
exporters:
  otlp/x: {endpoint: "till:4317", tls: {insecure: true}}
  otlphttp: {endpoint: "http://seats:4318"}
  kafka: {brokers: [queue:9092]}
"""
PROMETHEUS = """\
remote_write: [{url: "http://till:9009/api/v1/push"}]
scrape_configs:
- job_name: store
  static_configs: [{targets: ["seats:8080", "films:80"]}]
- dns_sd_configs: [{names: [_http._tcp.queue.cine.svc.cluster.local], type: SRV}]
"""
TOML = """\
title = "films"
[database]
url = "postgres://u:p@store-db:5432/x"
[cache]
host = "till"
port = 6379
nodes = ["seats:80", "queue:81"]
"""
PROPERTIES = """\
till.url=http\\://till\\:8080/x
kafka.bootstrap.servers=queue:9092,seats:9092
db.host=store-db
db.port=5432
# old.url=http://films
db.name=films
"""
DOT_ENV = 'export TILL_HOST=till\nTILL_PORT=8080\nDB="host=store-db port=5432 dbname=films"\n'
INI = "[db]\nhost = store-db\nport = 3306\nname = films\n[x]\nurl: http://till:80\n"
DOT_NET = """{"ConnectionStrings": {
  "Db": "Server=store-db,1433;Database=films;User Id=films;Password=p;",
  "Cache": "seats:6379,password=x,ssl=False"}, "Kestrel": {"Url": "http://0.0.0.0:80"}}"""
PHP = """\
<?php
return [
  'dsn' => 'mysql:host=store-db;port=3306;dbname=films',
  'cache' => ['host' => 'seats', 'port' => 6379],
  'api' => 'http://till:80/',
];
"""
PYTHON = """\
DATABASES = {'default': {'ENGINE': 'films', 'HOST': 'store-db', 'PORT': '5432'}}
BROKER_URL = 'amqp://guest:guest@queue:5672//'
"""
JAVASCRIPT = """\
module.exports = {
  mongo: 'mongodb://u:p@store-db:27017/films',
  till: { host: 'till', port: 80 },
  url: `http://seats:80`,
};
"""
XML = """\
<configuration>
  <remoteHost>till</remoteHost>
  <port>80</port>
  <a href="http://seats:81/x"/>
</configuration>
"""
SCRIPT = """\
#!/bin/sh
# films is elsewhere
until nc -z store-db 80; do sleep 1; done
redis-cli -h seats -p 6379 ping
curl -sf http://till:80/x \\
  --retry 3
kcat --bootstrap-server queue:9092 --list
echo "films is up"
"""
FLUENT_BIT = "[OUTPUT]\n    Name  es\n    Host  till\n    Port  9200\n"
FLUENTD = "<match **>\n  @type forward\n  <server>\n    host till\n    port 24224\n  </server>\n"
REDIS = "bind 0.0.0.0\nport 6379\nreplicaof till 80\ndir /data\n"
CADDY = "example.com {\n  reverse_proxy /api/* till:8080 seats:8081\n  reverse_proxy films\n}\n"
KAFKA = """\
zookeeper.connect=till:2181,seats:2181/kafka
advertised.listeners=PLAINTEXT://films:9092
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "nginx.conf",
            NGINX,
            {
                *(("till", 80), ("seats.cine.svc.cluster.local", 8080), ("films", None)),
                *(("queue", 50051), ("store-db", 9000)),
            },
        ),
        ("envoy.yaml", ENVOY, {("till", 7070)}),
        (
            "haproxy.cfg",
            HAPROXY,
            {
                *(("till", 80), ("seats.cine", 8080), ("films", None)),
                ("queue.cine.svc.cluster.local", 9000),
            },
        ),
        ("dynamic.yml", TRAEFIK, {("till", 8080), ("store-db", 5432)}),
        ("traefik.toml", TRAEFIK_TOML, {("till", 80)}),
        (
            "application.yml",
            SPRING,
            {
                *(("till", None), ("seats", 8080), ("store-db", 5432)),
                *(("queue", 5672), ("films", 5672)),
            },
        ),
        ("relay", COLLECTOR, {("till", 4317), ("seats", 4318), ("queue", 9092)}),
        (
            "prometheus.yml",
            PROMETHEUS,
            {
                *(("till", 9009), ("seats", 8080), ("films", 80)),
                ("_http._tcp.queue.cine.svc.cluster.local", None),
            },
        ),
        (
            "app.toml",
            TOML,
            {("store-db", 5432), ("till", 6379), ("seats", 80), ("queue", 81)},
        ),
        (
            "app.properties",
            PROPERTIES,
            {("till", 8080), ("queue", 9092), ("seats", 9092), ("store-db", 5432)},
        ),
        (".env", DOT_ENV, {("till", 8080), ("store-db", 5432)}),
        ("app.ini", INI, {("store-db", 3306), ("till", 80)}),
        ("appsettings.json", DOT_NET, {("store-db", 1433), ("seats", 6379)}),
        ("config.php", PHP, {("store-db", 3306), ("seats", 6379), ("till", 80)}),
        ("settings.py", PYTHON, {("store-db", 5432), ("queue", 5672)}),
        ("config.js", JAVASCRIPT, {("store-db", 27017), ("till", 80), ("seats", 80)}),
        ("logback.xml", XML, {("till", 80), ("seats", 81)}),
        ("run.sh", SCRIPT, {("store-db", 80), ("seats", 6379), ("till", 80), ("queue", 9092)}),
        ("fluent-bit.conf", FLUENT_BIT, {("till", 9200)}),
        ("fluent.conf", FLUENTD, {("till", 24224)}),
        ("redis.conf", REDIS, {("till", 80)}),
        ("Caddyfile", CADDY, {("till", 8080), ("seats", 8081), ("films", None)}),
        ("server.properties", KAFKA, {("till", 2181), ("seats", 2181)}),
    ],
)
def test_every_address_of_a_file_is_found_and_nothing_else(
    name: str, text: str, expected: Found
) -> None:
    raw = config_map("files")
    raw["data"] = {name: text}
    services = [service(known) for known in SERVICES]

    (found,) = filled({"Service": services, "ConfigMap": [raw]}).objects().config_maps

    assert {(r.host, r.port) for r in found.references} == expected


EMBEDDED = {
    "a.yaml": "x:\n  y:\n  - {{url: 'http://{host}:{port}/p'}}\n",
    "b.yaml": "x:\n  host: {host}\n  port: {port}\n",
    "c.json": '{{"a": [{{"b": {{"addr": "{host}:{port}"}}}}]}}',
    "d.json": '{{"a": {{"host": "{host}", "port": {port}}}}}',
    "e.toml": '[a]\nhost = "{host}"\nport = {port}\n[b]\nc = 1\n',
    "f.ini": "[a]\nurl = redis://{host}:{port}/0\nx = 1\n",
    "g.properties": "a.url=jdbc\\:mysql\\://{host}\\:{port}/x\nb=1\n",
    "h.env": "A_HOST={host}\nA_PORT={port}\nB=1\n",
    "nginx.conf": "http {{\n  upstream x {{\n    server {host}:{port} weight=1;\n  }}\n}}\n",
    "n.conf": "location / {{\n  proxy_pass http://{host}:{port}/x;\n}}\n",
    "haproxy.cfg": "backend a\n  server one {host}:{port} check\n",
    "envoy.yaml": "a:\n- address: {{socket_address: {{address: {host}, port_value: {port}}}}}\n",
    "traefik.yml": "http: {{services: {{a: {{servers: [{{url: 'http://{host}:{port}'}}]}}}}}}\n",
    "routes.yml": "routes:\n- id: x\n  uri: http://{host}:{port}\n",
    "relay.yaml": "exporters:\n  otlp: {{endpoint: '{host}:{port}'}}\n",
    "prometheus.yml": "scrape_configs:\n- static_configs: [{{targets: ['{host}:{port}']}}]\n",
    "a.php": "<?php return ['a' => ['host' => '{host}', 'port' => {port}]];\n",
    "a.py": "A = {{'HOST': '{host}', 'PORT': '{port}'}}\nB = 1\n",
    "a.js": "module.exports = {{\n  a: {{ host: '{host}', port: {port} }},\n}};\n",
    "a.xml": "<a>\n  <host>{host}</host>\n  <port>{port}</port>\n</a>\n",
    "run.sh": "#!/bin/sh\nset -e\ncurl -s http://{host}:{port}/x | head\n",
    "ping.sh": "#!/bin/sh\nset -e\nredis-cli -h {host} -p {port} ping\n",
    "fluent.conf": "<match **>\n  host {host}\n  port {port}\n</match>\n",
    "dsn.txt": "first line\nuser:secret@tcp({host}:{port})/db\n",
}


@given(
    st.sampled_from(sorted(EMBEDDED)),
    st.sampled_from(["till", "till.cine", "till.cine.svc", "till.cine.svc.cluster.local"]),
    st.integers(1, 65_535),
)
def test_whatever_is_embedded_in_whatever_file_is_found_again(
    name: str, host: str, port: int
) -> None:
    raw = config_map("files")
    raw["data"] = {name: EMBEDDED[name].format(host=host, port=port)}
    services = [service("till"), service("till", "cine")]

    (found,) = filled({"Service": services, "ConfigMap": [raw]}).objects().config_maps

    assert {(r.host, r.port) for r in found.references} == {(host, port)}


@given(
    st.sampled_from([*sorted(EMBEDDED), "x", "x.conf", "Caddyfile"]),
    st.text(st.sampled_from("till: \n\t=\"'{}[]<>/\\$#@-,;.()80")) | st.text(),
)
def test_no_file_makes_it_fail(name: str, text: str) -> None:
    raw = config_map("files")
    raw["data"] = {name: text}

    assert filled({"Service": [service("till")], "ConfigMap": [raw]}).objects().config_maps
