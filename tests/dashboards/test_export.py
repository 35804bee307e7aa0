"""`simdrift grafana export`: a folder that compose can run, checked as far as it can be without
Docker: YAML, names of files, secrets, and the very SQL and shell that Postgres runs at its first
start, on a server of our own."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess

import psycopg
import pytest
import yaml
from click.testing import CliRunner
from store_servers import admin, make_results, running_server, target_of

from simdrift._errors import InputError
from simdrift.cli import cli
from simdrift.dashboards.classic import GENERATED
from simdrift.dashboards.export import SECRETS, export
from simdrift.store import Store

VERSIONED = ("postgres", "adminer", "grafana")


@pytest.fixture
def folder(tmp_path):
    export(tmp_path / "monitoring")
    return tmp_path / "monitoring"


def env_of(folder):
    lines = (folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_compose_has_three_services_with_health_checks_and_volumes(folder):
    found = yaml.safe_load((folder / "compose.yaml").read_text())
    assert tuple(found["services"]) == VERSIONED
    for service in found["services"].values():
        assert service["healthcheck"]["test"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert ":" in service["image"]
        assert "latest" not in service["image"]
    assert set(found["volumes"]) == {"postgres-data", "grafana-data"}


def test_every_file_that_compose_mounts_is_there(folder):
    found = yaml.safe_load((folder / "compose.yaml").read_text())
    mounted = [
        volume.split(":")[0]
        for service in found["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]
    assert mounted
    for path in mounted:
        assert any((folder / path).iterdir())


def test_every_variable_of_compose_is_in_env_or_has_a_default(folder):
    text = (folder / "compose.yaml").read_text()
    required = {part.split(":?")[0] for part in text.split("${")[1:] if ":?" in part.split("}")[0]}
    assert required == set(SECRETS) == set(env_of(folder))


def test_secrets_are_random_the_owners_alone_and_in_no_other_file(folder, tmp_path):
    secrets = env_of(folder)
    assert len(set(secrets.values())) == len(SECRETS)
    assert all(len(value) >= 32 for value in secrets.values())
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert ".env" in (folder / ".gitignore").read_text().split()
    for path in folder.rglob("*"):
        if path.is_file() and path.name != ".env":
            assert not any(value in path.read_text() for value in secrets.values()), path
    export(tmp_path / "another")
    assert not set(env_of(tmp_path / "another").values()) & set(secrets.values())


def test_exporting_again_keeps_env_and_adds_what_it_lacks(folder):
    lines = (folder / ".env").read_text().splitlines()
    (folder / ".env").write_text("\n".join([*lines[1:], "MINE=1"]))
    kept = env_of(folder)
    export(folder)
    again = env_of(folder)
    assert {name: again[name] for name in kept} == kept
    assert set(again) - set(kept) == {lines[0].split("=")[0]}


def test_provisioning_names_the_data_source_that_the_dashboards_and_rules_use(folder):
    base = folder / "grafana" / "provisioning"
    (source,) = yaml.safe_load((base / "datasources/simdrift.yaml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == ("simdrift", "grafana-postgresql-datasource")
    assert source["user"] == "simdrift_reader"
    assert source["secureJsonData"] == {"password": "$SIMDRIFT_READER_PASSWORD"}
    (provider,) = yaml.safe_load((base / "dashboards/simdrift.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    (group,) = yaml.safe_load((base / "alerting/rules.yaml").read_text())["groups"]
    assert len(group["rules"]) == 9
    for rule in group["rules"]:
        assert rule["data"][0]["datasourceUid"] == source["uid"]
    example = yaml.safe_load((base / "alerting/contact-points.yaml.example").read_text())
    assert example["policies"][0]["receiver"] == example["contactPoints"][0]["name"]


def test_the_exported_dashboards_are_the_kept_ones(folder):
    found = {p.name: p.read_text() for p in (folder / "grafana/dashboards").iterdir()}
    assert found == {p.name: p.read_text() for p in GENERATED.glob("simdrift-*.json")}


def test_the_command_says_what_is_next(tmp_path):
    done = CliRunner().invoke(cli, ["grafana", "export", str(tmp_path / "g")])
    assert done.exit_code == 0
    assert "docker compose up -d" in done.output
    assert ".env with new passwords" in done.output
    again = CliRunner().invoke(cli, ["grafana", "export", str(tmp_path / "g")])
    assert "the .env that was there" in again.output


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
@pytest.mark.parametrize("kind", ["package", "debian"])
def test_what_postgres_runs_at_its_first_start_makes_a_store(kind, folder, tmp_path):
    """10-schema.sql and 20-passwords.sh on an empty server, as the image's entry point runs them;
    then writer and reader log in over TCP with the passwords of .env."""
    secrets = env_of(folder)
    with running_server(kind) as server:
        with admin(server, "postgres") as connection:
            connection.execute("drop database migrated")
            connection.execute("create database fresh")
            for role in ("writer", "reader", "owner"):
                connection.execute(f"drop owned by simdrift_{role} cascade")
        with admin(server) as connection:
            connection.execute("drop schema if exists simdrift cascade")
            connection.execute("drop role simdrift_owner, simdrift_writer, simdrift_reader")
        parameters = server.start()
        environment = os.environ | secrets | {
            "PGHOST": str(parameters["host"]), "PGPORT": str(parameters["port"]),
            "POSTGRES_USER": "postgres", "POSTGRES_DB": "fresh",
        }  # fmt: skip
        psql = ["psql", "-v", "ON_ERROR_STOP=1", "--username", "postgres", "--dbname", "fresh"]
        schema = [*psql, "-f", str(folder / "postgres/10-schema.sql")]
        for command in (schema, [str(folder / "postgres/20-passwords.sh")]):
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=60
            )
            assert done.returncode == 0, done.stderr
            assert not any(value in done.stdout + done.stderr for value in secrets.values())
        with admin(server, "fresh") as connection:
            hashes = dict(
                connection.execute(
                    "select rolname, rolpassword from pg_authid where rolname like 'simdrift%'"
                ).fetchall()
            )
            assert all(value.startswith("SCRAM-SHA-256$") for value in hashes.values())
            assert len(hashes) == 3
        owner = Store(target_of(server, "fresh", user="simdrift_owner"), spool=tmp_path / "a")
        assert owner.migrate() == (owner.migrate()._replace(for_admin=()))
        results = make_results()
        writer = Store(target_of(server, "fresh", user="simdrift_writer"), spool=tmp_path / "b")
        assert writer.write(results).rows_written == len(results)
        with target_of(server, "fresh", user="simdrift_reader").connect() as reader:
            shown = reader.execute("select count(*) from simdrift.dashboard_result").fetchone()
            assert shown == (len(results),)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                reader.execute("delete from simdrift.metric_value")
        for store in (owner, writer):
            store.close()


def test_rules_keep_their_macros(folder):
    text = (folder / "grafana/provisioning/alerting/rules.yaml").read_text()
    assert "$$" not in text
    for rule in json.loads(text)["groups"][0]["rules"]:
        assert "$__timeFilter(" in rule["data"][0]["model"]["rawSql"]
        assert "{{ $labels.dataset }}" in rule["annotations"]["summary"]


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="expected a new folder, or one of an earlier export"):
        export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
