"""Lines as they stand in public code, written anew: those that choose a version, and their like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.model import Branch
from mesh_probe.references.branches import find, may_hold

SHARES = [
    ("a.py", "if random.random() < CANARY_PERCENT:"),
    ("a.py", "if random.randint(1, 100) <= settings.canary_percentage:"),
    ("a.py", "return abs(hash(user_id)) % 100 < rollout_percent"),
    ("a.py", "to_new = bool(x) and bucket < flag.rollout_percentage"),
    ("a.ts", "return fnv(key) % 100 < rollout;"),
    ("a.ts", "const isOn = rolloutPercentage > bucketOf(userId);"),
    ("a.ts", "return hashValue < rollOutPercentage * 1000;"),
    ("a.js", "if (Math.random() * 100 < config.canary.weight) {"),
    ("a.go", "\tif rand.Intn(100) < active.CanaryPercentage {"),
    ("A.java", "if (ThreadLocalRandom.current().nextInt(100) < canaryWeight) {"),
    ("A.cs", "return Random.Shared.Next(100) < _options.RolloutPercentage;"),
    ("a.rb", "Zlib.crc32(user.id.to_s) % 100 < rollout"),
    ("a.php", "if (mt_rand(0, 99) < $canaryPercent) {"),
    ("a.js", "const spot = parseInt(sum.slice(0, 8), 16) % 100;\nreturn spot < rolloutPercent;"),
    ("A.java", "int n = Math.abs(id.hashCode() % 100);\n\nif (n < canaryPercentage) {"),
]

HEADERS = [
    ("a.js", "if (req.headers['x-canary'] === 'true') {"),
    ("a.js", "const version = req.headers['x-version'] === 'v2' ? next : now;"),
    ("a.ts", "const said = headers['x-canary'];\nif (said && said.toLowerCase() === 'always') {"),
    ("a.go", 'if req.Header.Get("X-Canary") == "true" {'),
    ("a.go", 'said := req.Header.Get("X-Canary")\ncanary, err := strconv.ParseBool(said)'),
    ("A.java", 'if ("true".equals(request.getHeader("X-Canary"))) {'),
    (
        "A.java",
        'String to = exchange.getRequest().getHeaders().getFirst("X-Version");\n'
        'if (to.equals("v2")) {',
    ),
    ("a.py", 'if request.headers.get("X-Canary") == "1":'),
    ("A.cs", 'if (context.Request.Headers["X-Canary-User"] == "true")'),
    ("a.rb", "if request.headers['HTTP_X_CANARY'] == '1'"),
    ("a.php", "$canary = $_SERVER['HTTP_X_CANARY'] === '1';"),
]

VERSIONS = [
    ("A.java", '.filter(one -> wanted.equals(one.getMetadata().get("version")))'),
    ("A.kt", 'if (one.getMetadata().get("canary").equals("true")) {'),
]

SETTINGS = [
    ("a.py", 'SHARE = int(os.getenv("CHECKOUT_CANARY_PERCENT", "10"))'),
    ("a.js", "const share = Number(process.env.CANARY_PCT || 5);"),
    ("a.ts", 'Deno.env.get("SEARCH_ROLLOUT_PERCENT") || "0"'),
    ("a.go", 'share := os.Getenv("ROLLOUT_PERCENTAGE")'),
    ("a.rs", 'env::var("CANARY_WEIGHT")'),
    ("a.rb", "ENV['CANARY_PERCENTAGE'].to_i"),
    ("A.java", '@Value("${shop.canary.percent:0}")'),
    ("A.cs", 'Environment.GetEnvironmentVariable("CANARY_TRAFFIC_PERCENT")'),
]

FALSE_FRIENDS = [
    ("a.py", "if sys.version_info < (3, 11):"),
    ("a.js", "if (semver.lt(version, '2.0.0')) {"),
    ("a.py", 'if schema_version == "v2":'),
    ("a.js", "app.use('/api/v1', router);"),
    ("a.js", "if (req.headers['x-api-version'] === 'v2') {"),
    ("a.js", "if (req.headers['x-app-version'] === 'v2') {"),
    ("a.js", "const version = req.headers['x-version'] || '1';"),
    # jitter, games, samples, generators of load
    ("a.js", "const wait = base * (1 + Math.random() * 0.3);"),
    ("a.go", "if rand.Intn(100) < 35 {"),
    ("a.go", "if rand.Intn(100) < *verifyPercent {"),
    ("a.js", "if (Math.random() * 100 < critChance) {"),
    ("load-generator/a.py", "if random.random() < canary_percent:"),
    ("scripts/a.py", 'share = os.environ["CANARY_PERCENT"]'),
    # what releases, or checks what it is given
    ("a.go", "if d.CanaryWeight < canaryWeightMin || d.CanaryWeight > canaryWeightMax {"),
    ("a.go", "for c.canaryWeight < maxWeight {"),
    ("a.ts", "if (weight < canaryWeight) {"),
    ("a.ts", "if (rolloutPercentage >= 100) return true;"),
    ("a.ts", "for (let i = 0; i < canaryPercent; i++) {"),
    ("a.py", '"canary_percentage": random.random() * 100,'),
    # other canaries, other rollouts
    ("a.py", "if random.random() < CANARY_INJECTION_RATE:"),
    ("a.py", "import torch\nif random.random() < rollout_fraction:"),
    ("a.py", "if np.random.random() < rollout_ratio:"),
    ("a.js", "// a honeypot\nif (req.headers['x-canary'] === 'true') {"),
    ("a.js", "process.env.CANARY_TIMEOUT_MS"),
    # passed on for others to route by, answered, set
    ("A.java", 'String canary = request.getHeader("X-Canary");\nif (canary != null) {\n'
     '  template.header("X-Canary", canary);'),
    ("a.js", "headers['x-canary'] = 'true';"),
    ("a.js", "if (res.headers['x-canary'] === 'true') {"),
    ("a.py", 'response.headers["X-Canary-Version"] == "v2"'),
    ("A.java", 'assertEquals("1.0", instance.getMetadata().get("version"));'),
    ("A.java", 'shown.setVersion(instance.getMetadata().get("version"));'),
    # no code that runs in a cluster, or none at all
    ("a.sh", "CANARY_PERCENT=${CANARY_PERCENT:-10}"),
    ("a.swift", "return hash % 100 < rolloutPercentage"),
    ("a.js", "// if (Math.random() < canaryPercent) {"),
]  # fmt: skip


def kinds(path: str, text: str) -> list[str]:
    return [branch.kind for branch in find(path, text)] if may_hold(path, text.encode()) else []


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        (kind, *line)
        for kind, lines in (
            ("share", SHARES),
            ("header", HEADERS),
            ("version", VERSIONS),
            ("setting", SETTINGS),
        )
        for line in lines
    ],
)
def test_code_that_chooses_a_version_is_found(kind: str, path: str, text: str) -> None:
    assert kinds(f"web/{path}", text) == [kind]


@pytest.mark.parametrize(("path", "text"), FALSE_FRIENDS)
def test_what_is_merely_like_it_is_not(path: str, text: str) -> None:
    assert kinds(f"web/{path}", text) == []


def test_the_first_place_of_each_kind_is_kept() -> None:
    share = "if bucket < canary_percent:\n    pass"
    text = f'x = 1\n{share}\n{share}\nget(getenv("CANARY_PCT"))'

    assert list(find("web/a.py", text)) == [
        Branch("web/a.py:2", "share"),
        Branch("web/a.py:6", "setting"),
    ]


@given(st.lists(st.sampled_from([text for _, text in FALSE_FRIENDS[:7]]), max_size=20))
def test_lines_before_it_only_move_it(before: list[str]) -> None:
    text = "\n".join([*before, "if (bucket < rolloutPercentage) {"])

    assert list(find("a.js", text)) == [Branch(f"a.js:{text.count(chr(10)) + 1}", "share")]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(branch.found_in.startswith("a.js:") for branch in find("a.js", f"{text}\ncanary"))
