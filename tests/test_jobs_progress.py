"""Progress: silence is one that every job can take."""

from lutgen.jobs.progress import SILENT


def test_silence_takes_all_and_shows_nothing(capsys) -> None:
    with SILENT.working("what"), SILENT.count("what", "parts") as count:
        count(1, 2)
        count(2, 2, "remark")
    SILENT.say("text")
    assert capsys.readouterr() == ("", "")
