"""`simdrift grafana push` against a server that keeps the contract of Grafana's HTTP API."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner
from grafana_server import TOKEN, GrafanaServer

from simdrift._errors import InputError
from simdrift.cli import cli
from simdrift.dashboards.catalogue import dashboards, rules
from simdrift.dashboards.push import Credentials, Grafana, GrafanaError, Source

SOURCE = Source("db:5432", password="reader-secret")


@pytest.fixture
def grafana():
    with GrafanaServer() as running:
        yield running


@pytest.fixture
def client(grafana):
    return Grafana(grafana.url + "/", Credentials(TOKEN))


def test_everything_arrives(grafana, client):
    done = client.push(source=SOURCE)
    assert sorted(grafana.state.dashboards) == sorted(one.uid for one in dashboards)
    assert [r["uid"] for r in grafana.state.groups["simdrift"]["rules"]] == [r.uid for r in rules]
    source = grafana.state.sources["simdrift"]
    assert (source["url"], source["user"]) == ("db:5432", "simdrift_reader")
    assert source["secureJsonData"] == {"password": "reader-secret"}
    assert (done.rules, done.source, len(done.dashboards)) == (9, "made", 6)


def test_pushing_again_replaces_and_makes_nothing_twice(grafana, client):
    client.push(source=SOURCE)
    assert client.push(source=SOURCE).source == "updated"
    assert len(grafana.state.dashboards) == 6
    assert {one["version"] for one in grafana.state.dashboards.values()} == {2}
    assert list(grafana.state.folders) == ["simdrift"]


def test_a_data_source_that_is_there_is_kept(grafana, client):
    client.push(source=SOURCE)
    assert client.push().source == "kept"
    assert ("PUT", "/api/datasources/uid/simdrift") not in grafana.state.requests


def test_without_a_data_source_nothing_is_sent(grafana, client):
    with pytest.raises(GrafanaError, match=r"no data source with uid 'simdrift'.*--postgres"):
        client.push()
    assert not grafana.state.dashboards


def test_rules_can_be_left_out(grafana, client):
    assert client.push(source=SOURCE, rules=False).rules == 0
    assert not grafana.state.groups


def test_a_wrong_token_is_refused_with_advice_and_not_shown(grafana):
    client = Grafana(grafana.url, Credentials("glsa_wrong-token"))
    with pytest.raises(GrafanaError, match=r"answered 401.*GRAFANA_TOKEN") as error:
        client.push(source=SOURCE)
    assert "wrong-token" not in str(error.value)


def test_a_role_that_may_not_is_told_which_it_needs(grafana, client):
    grafana.state.denied = (403, f"denied for {TOKEN}")
    with pytest.raises(GrafanaError, match="needs the role Admin") as error:
        client.push(source=SOURCE)
    assert TOKEN not in str(error.value)


def test_a_server_that_is_away_is_one_message():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(GrafanaError, match="no answer from Grafana at"):
        Grafana(url, Credentials(TOKEN)).push(source=SOURCE)


@pytest.mark.parametrize("url", ["grafana:3000", "ftp://grafana", "http://"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(InputError, match=r"expected http"):
        Grafana(url, Credentials(TOKEN))


def test_a_url_with_a_password_is_refused_without_showing_it():
    with pytest.raises(InputError, match="GRAFANA_TOKEN") as error:
        Grafana("http://admin:hunter2@localhost:3000", Credentials(TOKEN))
    assert "hunter2" not in str(error.value)


def test_secrets_are_in_no_repr():
    shown = repr((Credentials(TOKEN, "anna", "s3cret"), SOURCE))
    assert not any(secret in shown for secret in (TOKEN, "anna", "s3cret", "reader-secret"))


def test_the_command_takes_its_secrets_from_the_environment(grafana):
    secrets = {"GRAFANA_TOKEN": TOKEN, "SIMDRIFT_READER_PASSWORD": "reader-secret"}
    arguments = ["grafana", "push", grafana.url, "--postgres", "db:5432"]
    done = CliRunner().invoke(cli, arguments, env=secrets)
    assert done.exit_code == 0, done.output
    assert f"{grafana.url}/d/simdrift-overview" in done.output
    assert "9 alert rules; data source made" in done.output
    assert not any(secret in done.output for secret in secrets.values())


def test_the_command_says_which_variable_it_lacks(grafana):
    done = CliRunner().invoke(cli, ["grafana", "push", grafana.url], env={"GRAFANA_TOKEN": ""})
    assert isinstance(done.exception, InputError)
    assert "expected GRAFANA_TOKEN" in str(done.exception)
