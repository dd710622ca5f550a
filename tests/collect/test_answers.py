import json
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.collect.answers import Answers, Known, examine, read_answers
from mesh_probe.errors import FileError
from mesh_probe.model import Declaration, Ignore

KNOWN = Known(
    ("service-count", "diagnosis-time", "internal-auth"),
    ("hype", "few-incidents"),
    {"service-count": 1e9, "yes-answers": 9, "resilience": 1},
    ("host-network", "port-name"),
)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return tmp_path / "answers.yaml"


def everything(path: Path, text: str | bytes) -> Answers:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_answers(path, KNOWN)


def read(path: Path, text: str | bytes) -> tuple[Declaration, ...]:
    return everything(path, text).declared


def refused(path: Path, text: str | bytes) -> FileError:
    with pytest.raises(FileError) as caught:
        read(path, text)
    assert caught.value.exit_code == 4
    assert caught.value.hint is not None
    return caught.value


def test_answers_and_signals_are_declared(answers: Path) -> None:
    text = """
        answers:
          diagnosis-time: yes
          internal-auth: {answer: no, note: asked the security team}
          service-count: unknown
        signals:
          few-incidents: "no"
    """

    assert read(answers, text) == (
        Declaration("diagnosis-time", "yes"),
        Declaration("internal-auth", "no", "asked the security team"),
        Declaration("service-count", "unknown"),
        Declaration("few-incidents", "no"),
    )


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("true", "yes"),
        ("false", "no"),
        ('"yes"', "yes"),
        ("'No '", "no"),
    ],
)
def test_bare_yes_and_no_are_booleans_in_yaml_and_mean_what_they_say(
    answers: Path, written: str, status: str
) -> None:
    (declared,) = read(answers, f"answers: {{service-count: {written}}}")

    assert declared.status == status


def test_json_is_read_as_well(answers: Path) -> None:
    text = '{"answers": {"service-count": {"answer": true, "note": "11"}}}'

    assert read(answers, text) == (Declaration("service-count", "yes", "11"),)


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "answers:\n", "answers:\n  service-count:\n", "signals: {}"]
)
def test_what_is_left_empty_declares_nothing(answers: Path, text: str) -> None:
    assert read(answers, text) == ()


def test_an_unknown_id_is_named_with_those_that_are_known(answers: Path) -> None:
    error = refused(answers, "answers: {services: yes}")

    assert error.said.id == "error.answers-key"
    assert error.said.parameters == {
        "file": str(answers),
        "line": 1,
        "where": "answers",
        "key": "services",
    }
    assert error.hint is not None
    assert error.hint.parameters == {"known": "service-count, diagnosis-time, internal-auth"}


def test_a_signal_among_the_answers_is_out_of_place(answers: Path) -> None:
    assert refused(answers, "answers: {hype: yes}").said.id == "error.answers-key"


@pytest.mark.parametrize(
    ("text", "where", "key"),
    [
        ("answer: {service-count: yes}", "/", "answer"),
        ("answers: {service-count: {answer: yes, whom: Ann}}", "service-count", "whom"),
    ],
)
def test_what_has_no_place_is_not_passed_over(
    answers: Path, text: str, where: str, key: str
) -> None:
    error = refused(answers, text)

    assert error.said.parameters == {
        "file": str(answers),
        "line": 1,
        "where": where,
        "key": key,
    }


@pytest.mark.parametrize("value", ["maybe", "1", "[yes]", "{note: only a note}"])
def test_a_value_that_is_no_answer_is_refused(answers: Path, value: str) -> None:
    error = refused(answers, f"answers: {{service-count: {value}}}")

    assert error.said.id == "error.answers-value"
    assert error.said.parameters["where"] == "service-count"


@pytest.mark.parametrize("key", ["note", "who"])
def test_notes_and_names_are_text(answers: Path, key: str) -> None:
    error = refused(answers, f"answers: {{service-count: {{answer: yes, {key}: [a, b]}}}}")

    assert error.said.id == "error.answers-note"


def test_an_answer_says_who_when_and_until_when(answers: Path) -> None:
    text = """
        answers:
          internal-auth:
            answer: yes
            who: Ann of security
            when: 2026-03-01
            note: PCI
            expires: 2027-03-01
    """

    assert read(answers, text) == (
        Declaration(
            "internal-auth", "yes", "PCI", "Ann of security", date(2026, 3, 1), date(2027, 3, 1)
        ),
    )


def test_thresholds_exceptions_and_owners_are_read(answers: Path) -> None:
    text = """
        thresholds: {service-count: 20, resilience: 0.5}
        leave_out: [shop/feed, sandbox]
        owners: {shop: storefront, shop/cart: checkout}
    """

    assert everything(answers, text) == Answers(
        thresholds={"service-count": 20.0, "resilience": 0.5},
        left_out=("shop/feed", "sandbox"),
        owners={"shop": "storefront", "shop/cart": "checkout"},
    )


def test_every_problem_is_told_with_its_line_and_the_rest_is_kept(answers: Path) -> None:
    answers.write_text(
        """answers:
  service-count: perhaps
  internal-auth:
    answer: yes
    when: last week
  diagnosis-time: yes
  nothing: yes
signals: [hype]
thresholds:
  yes-answers: 12
  resilience: much
  service-count: true
leave_out:
  - shop/a/b
  - shop/feed
owners:
  shop/: me
  shop: 3
"""
    )

    found, problems = examine(answers, KNOWN)

    assert [(p.said.id, p.said.parameters["line"]) for p in problems] == [
        ("error.answers-value", 2),
        ("error.answers-day", 5),
        ("error.answers-key", 7),
        ("error.answers-shape", 8),
        ("error.answers-threshold", 10),
        ("error.answers-threshold", 11),
        ("error.answers-threshold", 12),
        ("error.answers-name", 14),
        ("error.answers-name", 17),
        ("error.answers-name", 18),
    ]
    assert found == Answers((Declaration("diagnosis-time", "yes"),), {}, ("shop/feed",), {})


def test_what_is_ignored_is_read(answers: Path) -> None:
    text = """
        ignore:
          - port-name
          - blocker: host-network
            subject: DaemonSet monitoring/*
            note: agents
            who: Ann
            until: 2027-03-01
          - {blocker: host-network, subject: "* shop/cart"}
          - {blocker: , note: }
    """

    assert everything(answers, text).ignored == (
        Ignore("port-name"),
        Ignore("host-network", "DaemonSet monitoring/*", "agents", "Ann", date(2027, 3, 1)),
        Ignore("host-network", "* shop/cart"),
    )
    assert everything(answers, "ignore: port-name").ignored == (Ignore("port-name"),)


def test_every_problem_of_what_is_ignored_is_told_with_its_line(answers: Path) -> None:
    answers.write_text(
        """ignore:
  - port-names
  - blocker: host-network
    subject: Deployment lab/web-*
  - {subject: Deployment shop/cart}
  - blocker: host-network
    until: May
    note: 3
  - 7
  - blocker: host-network
    expires: 2027-03-01
  - {blocker: host-network, subject: 3}
  - port-name
"""
    )

    found, problems = examine(answers, KNOWN)

    told = [(p.said.id, p.said.parameters["line"], p.said.parameters["where"]) for p in problems]
    assert told == [
        ("error.answers-blocker", 2, "ignore"),
        ("error.answers-subject", 4, "ignore"),
        ("error.answers-blocker", 5, "ignore"),
        ("error.answers-note", 8, "ignore"),
        ("error.answers-day", 7, "ignore"),
        ("error.answers-shape", 9, "ignore"),
        ("error.answers-key", 11, "ignore"),
        ("error.answers-subject", 12, "ignore"),
    ]
    assert problems[5].hint.id == "hint.answers-ignore"
    assert found.ignored == (Ignore("host-network"), Ignore("port-name"))


def test_an_answer_cannot_expire_before_it_was_said(answers: Path) -> None:
    text = "signals:\n  hype: {answer: no, when: 2026-03-02, expires: 2026-03-01}"

    assert refused(answers, text).said.id == "error.answers-expires"


def test_an_entry_whose_fields_are_all_empty_declares_nothing(answers: Path) -> None:
    text = "answers:\n  service-count:\n    answer:\n    who:\n    when:\n    note:\n    expires:\n"

    assert read(answers, text) == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("yes no/", max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["answers", "hype", "answer", "owners", "x"]), inner)
        ),
        max_leaves=12,
    )
)
def test_whatever_a_file_holds_is_told_and_never_breaks(document: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answers.yaml")
        file.write_text(json.dumps(document))
        examined = examine(file, KNOWN)

    assert all(problem.said.parameters["line"] for problem in examined.problems)


@pytest.mark.parametrize("text", ["- yes", "answers: [service-count]", "yes"])
def test_another_shape_is_refused_with_an_example(answers: Path, text: str) -> None:
    error = refused(answers, text)

    assert error.said.id == "error.answers-shape"


@pytest.mark.parametrize(
    ("text", "line"),
    [("answers:\n  hype: }", 2), ("answers:\n  hype: yes\n  hype: no\n", 3), ("a: &x\nb: *y", 2)],
)
def test_what_is_no_yaml_is_refused_with_its_line(answers: Path, text: str, line: int) -> None:
    error = refused(answers, text)

    assert error.said.id == "error.answers-syntax"
    assert error.said.parameters["line"] == line


def test_nesting_without_end_is_refused(answers: Path) -> None:
    assert refused(answers, "[" * 100_000).said.id == "error.answers-syntax"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        read_answers(tmp_path / "no.yaml", KNOWN)

    assert caught.value.said.id == "error.answers-unreadable"
    assert str(tmp_path / "no.yaml") == caught.value.said.parameters["file"]


def test_bytes_that_are_no_text_are_refused(answers: Path) -> None:
    assert refused(answers, b"answers: \xff\xfe").said.id == "error.answers-unreadable"
