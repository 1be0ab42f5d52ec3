"""Nothing that was acknowledged is lost when a web process or the database dies under the writers' hands."""

from bench.kills import kills_under_load


def test_acknowledged_saves_survive_kills_of_web_processes_and_back_ends() -> None:
    found = kills_under_load(saves=400, kills=8, every_s=1.5)
    assert found["wrong"] == []
    assert found["acknowledged"] >= 400
    assert found["kills"] == {"web process": 4, "back end": 4}
    assert sum(found["repeated"].values()) > 0, "no kill ever met a request"
