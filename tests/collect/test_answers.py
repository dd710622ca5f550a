from pathlib import Path

import pytest

from mesh_probe.collect.answers import read_answers
from mesh_probe.errors import FileError
from mesh_probe.model import Declaration

QUESTIONS = ("service-count", "diagnosis-time", "internal-auth")
SIGNALS = ("hype", "few-incidents")


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return tmp_path / "answers.yaml"


def read(path: Path, text: str | bytes) -> tuple[Declaration, ...]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_answers(path, questions=QUESTIONS, signals=SIGNALS)


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
    assert error.said.parameters == {"file": str(answers), "where": "answers", "key": "services"}
    assert error.hint is not None
    assert error.hint.parameters == {"known": "service-count, diagnosis-time, internal-auth"}


def test_a_signal_among_the_answers_is_out_of_place(answers: Path) -> None:
    assert refused(answers, "answers: {hype: yes}").said.id == "error.answers-key"


@pytest.mark.parametrize(
    ("text", "where", "key"),
    [
        ("answer: {service-count: yes}", "/", "answer"),
        ("answers: {service-count: {answer: yes, who: Ann}}", "service-count", "who"),
    ],
)
def test_what_has_no_place_is_not_passed_over(
    answers: Path, text: str, where: str, key: str
) -> None:
    error = refused(answers, text)

    assert error.said.parameters == {"file": str(answers), "where": where, "key": key}


@pytest.mark.parametrize("value", ["maybe", "1", "[yes]", "{note: only a note}"])
def test_a_value_that_is_no_answer_is_refused(answers: Path, value: str) -> None:
    error = refused(answers, f"answers: {{service-count: {value}}}")

    assert error.said.id == "error.answers-value"
    assert error.said.parameters["where"] == "service-count"


def test_a_note_is_text(answers: Path) -> None:
    error = refused(answers, "answers: {service-count: {answer: yes, note: [a, b]}}")

    assert error.said.id == "error.answers-note"


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
        read_answers(tmp_path / "no.yaml", questions=QUESTIONS, signals=SIGNALS)

    assert caught.value.said.id == "error.answers-unreadable"
    assert str(tmp_path / "no.yaml") == caught.value.said.parameters["file"]


def test_bytes_that_are_no_text_are_refused(answers: Path) -> None:
    assert refused(answers, b"answers: \xff\xfe").said.id == "error.answers-unreadable"
