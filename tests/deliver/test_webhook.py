"""Webhooks, against a server that fails on purpose."""

import base64
import hashlib
import hmac
import json
import socket
from pathlib import Path

import pytest

from mesh_probe.deliver.notices import notice, slack, teams
from mesh_probe.deliver.webhook import signature
from mesh_probe.errors import FileError, UsageError
from tests.deliver.parcels import parcel, send
from tests.deliver.receiver import bodies, receiving


def test_a_notice_says_the_outcome_and_why() -> None:
    what = parcel()
    with receiving() as receiver:
        assert send([f"{receiver.url}/hook?a=b#link=https://reports.example/1"], what) == []

    (came,) = receiver.came
    assert came.path == "/hook?a=b"
    assert came.headers["Content-Type"] == "application/json"
    found = json.loads(came.body)
    assert found == notice(what, "https://reports.example/1")
    assert found["schema"] == "mesh-probe/notice/v1"
    assert found["because"] == ["There are 2 services.", "Nobody asked."]


def test_the_whole_report_can_be_sent() -> None:
    with receiving() as receiver:
        send([f"{receiver.url}#as=report"], parcel())

    assert bodies(receiver.came) == [b"# day 0\n"]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_failure_that_may_pass_is_tried_again(status: int) -> None:
    waits: list[float] = []
    with receiving(status, status) as receiver:
        assert send([receiver.url], parcel(), waits) == []

    assert len(receiver.came) == 3
    assert waits == [1, 2]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_told_at_once(status: int) -> None:
    waits: list[float] = []
    with receiving(status) as receiver:
        (failed,) = send([receiver.url], parcel(), waits)

    assert failed.reason.parameters == {"status": status}
    assert waits == []


def test_a_receiver_says_itself_how_long_to_wait() -> None:
    waits: list[float] = []
    with receiving((429, {"Retry-After": "7"}), (503, {"Retry-After": "soon"})) as receiver:
        assert send([receiver.url], parcel(), waits) == []

    assert waits == [7, 2]


def test_it_gives_up_after_four_tries() -> None:
    with receiving(500, 500, 500, 500) as receiver:
        (failed,) = send([receiver.url], parcel())

    assert failed.reason.parameters == {"status": 500}


def test_a_redirect_is_a_refusal() -> None:
    """The signed request must not go elsewhere, and a login page must not count as delivered."""
    with receiving((302, {"Location": "/login"})) as receiver:
        (failed,) = send([receiver.url], parcel())

    assert failed.reason.parameters == {"status": 302}


def test_every_try_has_the_same_id_and_so_has_a_repeated_run() -> None:
    with receiving(500, 500) as receiver:
        send([receiver.url], parcel())
        send([receiver.url], parcel())
        send([receiver.url], parcel(1))

    ids = [came.headers["webhook-id"] for came in receiver.came]
    assert len(ids) == 5
    assert len(set(ids[:4])) == 1
    assert ids[4] != ids[0]


@pytest.mark.parametrize("secret", ["plain words", "whsec_" + base64.b64encode(b"k" * 24).decode()])
def test_a_signed_request_can_be_verified(secret: str, tmp_path: Path) -> None:
    """As https://www.standardwebhooks.com tells a receiver to do it."""
    (tmp_path / "key").write_text(f"{secret}\n")
    with receiving() as receiver:
        send([f"{receiver.url}#key-file={tmp_path / 'key'}"], parcel())

    (came,) = receiver.came
    key = b"k" * 24 if secret.startswith("whsec_") else secret.encode()
    signed = f"{came.headers['webhook-id']}.{came.headers['webhook-timestamp']}.".encode()
    digest = hmac.new(key, signed + came.body, hashlib.sha256).digest()
    assert came.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_the_signature_is_the_one_of_the_standard() -> None:
    """The example of its specification."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    assert (
        signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "words")
    with receiving() as receiver:
        send([f"{receiver.url}#key-env=HOOK_KEY"], parcel())

    assert "webhook-signature" in receiver.came[0].headers


def test_headers_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("Authorization: Bearer abc\n\nX-Team: platform\n")
    with receiving() as receiver:
        send([f"{receiver.url}#header-file={tmp_path / 'headers'}"], parcel())

    headers = receiver.came[0].headers
    assert (headers["Authorization"], headers["X-Team"]) == ("Bearer abc", "platform")


def test_a_url_that_is_a_secret_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    with receiving(404) as receiver:
        (tmp_path / "hook").write_text(f"{receiver.url}/services/T0/B0/secret\n")
        (failed,) = send([f"@{tmp_path / 'hook'}"], parcel())

    assert receiver.came[0].path == "/services/T0/B0/secret"
    assert "secret" not in str(failed)


def test_a_connection_that_fails_shows_no_secret_either() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (failed,) = send([f"http://127.0.0.1:{taken.getsockname()[1]}/secret"], parcel())

    assert failed.reason.id == "undelivered.connection"
    assert "secret" not in str(failed)


def test_slack_gets_a_message_that_it_does_not_read_as_markup() -> None:
    found = slack(parcel(), "https://reports.example/1")

    text = found["blocks"][0]["text"]["text"]
    assert found["text"].startswith("prod: A mesh is &lt;not&gt; worth &amp; it")
    assert "*now*" not in text
    assert "• There are 2 services." in text
    assert text.endswith("<https://reports.example/1>")
    assert len(text) <= 3000


def test_teams_gets_an_adaptive_card_with_a_link() -> None:
    found = teams(parcel(), "https://reports.example/1")

    (attachment,) = found["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["body"][0]["text"] == "prod: A mesh is <not> worth & it \\*now\\*"
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "mesh-probe", "url": "https://reports.example/1"}
    ]
    assert teams(parcel(), None)["attachments"][0]["content"]["actions"] == []
    assert len(json.dumps(found)) < 28_000


def test_chat_messages_are_sent_as_their_receiver_reads_them() -> None:
    with receiving() as receiver:
        send([f"{receiver.url}#as=slack"], parcel())
        send([f"{receiver.url}#as=teams"], parcel())

    assert [json.loads(body) for body in bodies(receiver.came)] == [
        slack(parcel(), None),
        teams(parcel(), None),
    ]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ("as=irc", "error.webhook-shape"),
        ("key-env=NO_SUCH_VARIABLE", "error.key-env"),
        ("key-env=A&key-file=b", "error.two-keys"),
        ("color=red", "error.deliver-setting"),
        ("when=sometimes", "error.deliver-when"),
        ("when=changed", "error.no-memory"),
    ],
)
def test_settings_that_make_no_sense_are_said_before_the_work(settings: str, error: str) -> None:
    with pytest.raises(UsageError) as raised:
        send([f"https://hook.example/secret#{settings}"], parcel())

    assert raised.value.said.id == error
    assert "secret" not in str(raised.value.said)


def test_a_key_that_is_none_and_files_that_are_not_there_are_said(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("whsec_not base64!")
    (tmp_path / "headers").write_text("no header")

    with pytest.raises(UsageError, match=r"error\.key-form"):
        send([f"https://hook.example#key-file={tmp_path / 'key'}"], parcel())
    for url in (
        f"https://hook.example#key-file={tmp_path / 'nowhere'}",
        f"https://hook.example#header-file={tmp_path / 'headers'}",
        f"@{tmp_path / 'nowhere'}",
    ):
        with pytest.raises(FileError):
            send([url], parcel())
