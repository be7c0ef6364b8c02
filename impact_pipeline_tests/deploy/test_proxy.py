"""The proxy that is shipped, before the UI as it is served: who gets in, and that nobody changes anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from impact_pipeline.defs.night import operating
from impact_pipeline_tests.browser.served_home import served
from impact_pipeline_tests.deploy.behind_proxy import MISSING, Site, caddy, login, proxied
from impact_pipeline_tests.deploy.mutations import mutations
from impact_pipeline_tests.small_shop import write_catalog

pytestmark = pytest.mark.xdist_group("proxy")

DELETE = "mutation($id: String!) {deleteRun(runId: $id) {__typename}}"
RUNS = "{runsOrError {... on Runs {results {runId}}}}"
UPGRADE = {
    "Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
JOB = {
    "repositoryName": "__repository__", "repositoryLocationName": "impact_pipeline.definitions",
    "jobName": "portfolio",
}  # fmt: skip
PARAMS = {"selector": JOB, "mode": "default", "runConfigData": {}}
HARMLESS = {"setNuxSeen", "logTelemetry", "scheduleDryRun", "sensorDryRun"}
"""They answer and change nothing: dry runs evaluate a tick, and the daemon that would act on one is another process."""

NO_BACKFILL = {"resumePartitionBackfill", "reexecutePartitionBackfill", "cancelPartitionBackfill"}
"""They look for the backfill first, and this home has none."""


OF_SEVERAL = {
    "launchMultipleRuns": """mutation($each: [ExecutionParams!]!) {launchMultipleRuns(executionParamsList: $each) {
        ... on LaunchMultipleRunsResult {launchMultipleRunsResult {__typename}}}}""",
    "terminateRuns": """mutation($each: [String!]!) {terminateRuns(runIds: $each) {
        ... on TerminateRunsResult {terminateRunResults {... on TerminateRunFailure {message}}}}}""",
}
"""They answer for each of several runs."""


@pytest.fixture(scope="module")
def program() -> str:
    found = caddy()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def home(program: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a report and with one run, which somebody may want to delete; made where there is a proxy alone."""
    made = tmp_path_factory.mktemp("home")
    write_catalog(made / "catalog")
    with operating(made, threads=1) as operator:
        operator.portfolio()
    return made


@pytest.fixture(scope="module")
def site(program: str, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    scratch = tmp_path_factory.mktemp("proxy")
    with (
        served(home, scratch / "ui.log", "--read-only") as upstream,
        proxied(program, upstream, home / "reports", scratch) as found,
    ):
        yield found


def run_ids(site: Site) -> list[str]:
    return [run["runId"] for run in site.query(RUNS)["data"]["runsOrError"]["results"]]


@pytest.mark.parametrize("path", ["/", "/graphql", "/reports/", "/download_debug/x", "/server_info"])
def test_nobody_gets_in_without_the_password(site: Site, path: str) -> None:
    assert site.ask(path, headers={}).status == 401
    assert site.ask(path, headers=login("a guess")).status == 401


def test_the_password_opens_ui_reports_and_queries(site: Site) -> None:
    assert "/_next/static/" in site.ask("/").text
    assert "What each model change did" in site.ask("/reports/").text
    assert site.ask("/reports").headers["location"] == ["/reports/"]
    assert len(run_ids(site)) == 1


def test_a_run_cannot_be_deleted(site: Site) -> None:
    [run] = run_ids(site)
    assert site.query(DELETE, id=run)["data"] == {"deleteRun": {"__typename": "UnauthorizedError"}}
    asked = f"/graphql?query={quote(DELETE)}&variables={quote(json.dumps({'id': run}))}"
    for path in (asked, f"/{asked}", asked.replace("graphql", "%67raphql"), asked.replace("?", "/?")):
        refused = site.ask(path)
        assert (refused.status, refused.headers["allow"]) == (405, ["POST"])
    assert site.ask(asked, headers={**login(), "Upgrade": "websocket"}).status == 405
    assert run_ids(site) == [run]


def test_no_mutation_changes_anything(site: Site) -> None:
    runs = run_ids(site)
    launched = {"executionParams": PARAMS}
    partition_set = {"repositorySelector": {k: JOB[k] for k in JOB if k != "jobName"}, "partitionSetName": "x"}
    [instigator] = _instigators(site)
    given = {
        "launchRun": launched, "launchPipelineExecution": launched, "launchRunReexecution": launched,
        "launchPipelineReexecution": launched,
        "launchPartitionBackfill": {"backfillParams": {"selector": partition_set, "partitionNames": ["x"]}},
        "stopSensor": {"id": instigator}, "stopRunningSchedule": {"id": instigator},
    }  # fmt: skip
    answers = {m.name: json.dumps(site.query(m.query, **m.variables)) for m in mutations(site, given)}
    assert len(answers) == 41
    not_refused = {name for name, told in answers.items() if "Unauthorized" not in told}
    assert not_refused == {*HARMLESS, *NO_BACKFILL, *OF_SEVERAL}
    assert all("PythonError" in answers[name] for name in NO_BACKFILL)
    assert run_ids(site) == runs


def test_of_several_runs_each_is_refused(site: Site) -> None:
    runs = run_ids(site)
    for name, each, told in (
        ("launchMultipleRuns", [PARAMS], {"__typename": "UnauthorizedError"}),
        ("terminateRuns", runs, {"message": "You do not have permission to terminate this run"}),
    ):
        [answers] = site.query(OF_SEVERAL[name], each=each)["data"][name].values()
        assert answers == [told]
    assert run_ids(site) == runs


def _instigators(site: Site) -> list[str]:
    told = site.query("{repositoriesOrError {... on RepositoryConnection {nodes {sensors {id}}}}}")
    return [sensor["id"] for node in told["data"]["repositoriesOrError"]["nodes"] for sensor in node["sensors"]]


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("POST", "/graphql", "text/plain", 415),
        ("POST", "/graphql", "application/x-www-form-urlencoded", 415),
        ("POST", "/graphql", "text/plain; application/json", 415),
        ("POST", "/graphql", "application/graphql", 415),
        ("POST", "/graphql", "Application/JSON", 415),
        ("POST", "/reports/", "application/json", 405),
        ("POST", "/report_asset_materialization/a", "application/json", 403),
        ("PUT", "/graphql", "application/json", 405),
        ("OPTIONS", "/graphql", "application/json", 405),
        ("DELETE", "/", "application/json", 405),
    ],
)
def test_only_json_is_posted_and_only_to_graphql(site: Site, method: str, path: str, kind: str, status: int) -> None:
    body = json.dumps({"query": RUNS})
    assert site.ask(path, method, {**login(), "Content-Type": kind}, body).status == status


@pytest.mark.parametrize(
    "path", ["download_debug/x", "notebook?path=x.ipynb", "dagit/notebook", "report_asset_check/x"]
)
@pytest.mark.parametrize("written", ["/{}", "//{}", "/./{}", "/x/../{}", "/%2e/{}"])
def test_files_of_runs_are_not_to_be_had_however_they_are_written(site: Site, path: str, written: str) -> None:
    assert site.ask(written.format(path)).status == 403


def test_what_a_browser_is_told(site: Site) -> None:
    for path in ("/", "/reports/"):
        headers = site.ask(path).headers
        assert "img-src 'self' data:" in headers["content-security-policy"][0]
        assert "frame-ancestors 'none'" in headers["content-security-policy"][0]
        assert headers["x-frame-options"] == ["DENY"]
        assert headers["x-content-type-options"] == ["nosniff"]
        assert headers["referrer-policy"] == ["same-origin"]
        assert "server" not in headers
    assert "script-src 'nonce-" in site.ask("/").headers["content-security-policy"][1]


def socket_of(site: Site, origin: str, **headers: str) -> ClientConnection:
    address = f"ws://127.0.0.1:{site.port}/graphql"
    return connect(address, origin=origin, additional_headers=headers, subprotocols=["graphql-ws"], proxy=None)


def test_subscriptions_come_through_for_the_site_itself(site: Site) -> None:
    with socket_of(site, site.origin, **login()) as opened:
        opened.send(json.dumps({"type": "connection_init"}))
        assert json.loads(opened.recv(timeout=30)) == {"type": "connection_ack"}
        [run] = run_ids(site)
        payload = {"query": DELETE, "variables": {"id": run}}
        opened.send(json.dumps({"type": "start", "id": "1", "payload": payload}))
        told = json.loads(opened.recv(timeout=30))
        assert (told["type"], told["payload"]["message"]) == (
            "error", "The subscription field 'deleteRun' is not defined.",
        )  # fmt: skip
    assert run_ids(site) == [run]


@pytest.mark.parametrize(("origin", "known", "status"), [("https://evil.example", True, 405), (None, False, 401)])
def test_another_site_and_a_stranger_get_no_subscription(
    site: Site, origin: str | None, known: bool, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        socket_of(site, origin or site.origin, **(login() if known else {}))
    assert refused.value.response.status_code == status


def test_an_upgrade_that_is_none_reaches_no_query(site: Site) -> None:
    asked = f"/graphql?query={quote(RUNS)}"
    half = {name: value for name, value in UPGRADE.items() if not name.startswith("Sec-")}
    refused = site.ask(asked, headers={**login(), **half, "Origin": site.origin})
    assert refused.status == 400
    assert "runId" not in refused.text


def test_the_login_goes_no_further_than_the_proxy(program: str, tmp_path: Path) -> None:
    asked: list[str | None] = []

    class Upstream(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            self.send_response(204)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with proxied(program, f"127.0.0.1:{server.server_port}", tmp_path, tmp_path) as other:
            assert other.ask("/runs").status == 204
        server.shutdown()
    assert asked == [None]


def test_no_daemon_runs_behind_a_read_only_ui(site: Site) -> None:
    told = site.query("{instance {daemonHealth {allDaemonStatuses {daemonType lastHeartbeatTime}}}}")
    statuses = told["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert {status["lastHeartbeatTime"] for status in statuses} == {None}
