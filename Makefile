# The words of this repository. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help setup demo test room check fmt bench bench-capture nfdump-check bench-query bench-analysis analysis-check bridge-bench server-bench fuzz kill-runs hostile object-stores reader-check agreement capture-check integrations client-tour sdk-tour firewall-tour stranger-bench api-fuzz neutron-audit package package-check watch-check bench-sinks sinks-check bench-detect sigma-check

help: ## list the words
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## install what is missing (Debian packages; sudo when not root)
	@scripts/setup

demo: setup ## the three-tier example in network namespaces, with real traffic
	@scripts/swift build --product gatehouse
	@scripts/swift build --product gatehouse-agent
	@scripts/as-root .build/debug/gatehouse demo $(ARGS)

test: setup ## build and run all tests; those of the kernel need root
	@scripts/swift build --build-tests
	@scripts/as-root env GATEHOUSE_REQUIRE_KERNEL=1 scripts/test

room: setup ## build and run one room's tests: make room ROOM=Policy
	@scripts/swift build --build-tests
	@scripts/as-root env GATEHOUSE_REQUIRE_KERNEL=1 scripts/test --filter '^$(ROOM)Tests\.'

check: ## lint, the arrows between rooms, their sizes and circles, unsafe code, examples of the docs
	@scripts/swift format lint --strict -r Sources Tests Benchmarks Package.swift
	@scripts/check-arrows
	@scripts/check-sources
	@scripts/check-rooms

fmt: ## format the sources in place
	@scripts/swift format -i -r Sources Tests Benchmarks Package.swift

bench: ## measure against peers in the same run (root, a few minutes)
	@scripts/setup bench
	@scripts/swift build -c release
	@scripts/as-root scripts/bench

bridge-bench: setup ## measure frames between ports of a bridge, and attachments (root)
	@scripts/swift build -c release --product gatehouse-bench
	@scripts/swift build -c release --product gatehouse-agent
	@scripts/as-root .build/release/gatehouse-bench bridge

fuzz: setup ## feed every decoder to libFuzzer, a minute each (ARGS="SECONDS ENTRY")
	@scripts/fuzz $(ARGS)

integrations: setup ## three tiers each of Docker, Podman, LXC, CNI and libvirt (installed on the first run)
	@scripts/setup integrations
	@scripts/swift build --build-tests
	@scripts/as-root scripts/integrations

agreement: setup ## a long run of random policies and packets: kernel against classifier
	@scripts/swift build --build-tests
	@scripts/as-root env GATEHOUSE_REQUIRE_KERNEL=1 GATEHOUSE_AGREEMENT_POLICIES=500 scripts/test --filter AgreementTests

kill-runs: setup ## kill agent and server 250 times at random instants, and compare packets, records, objects and copies
	@scripts/swift build --build-tests
	@scripts/as-root env GATEHOUSE_REQUIRE_KERNEL=1 GATEHOUSE_KILL_RUNS=250 scripts/test --filter KillRunTests

hostile: setup ## ten minutes of a host on which everything goes wrong, and a jailed guest that tries to get out
	@scripts/swift build --build-tests
	@scripts/as-root env GATEHOUSE_REQUIRE_KERNEL=1 GATEHOUSE_HOSTILE_SECONDS=600 scripts/test --filter HostileHostTests

object-stores: setup ## the tests of buckets against Ceph's RADOS Gateway and Swift's s3api (installed on the first run)
	@scripts/swift build --build-tests
	@scripts/object-stores test

client-tour: setup ## drive a fresh server with the unmodified openstack client (installed from PyPI on the first run)
	@scripts/swift build --product gatehouse
	@scripts/client-tour

sdk-tour: setup ## drive a fresh server with IBM's unmodified Python SDK for VPC (installed from PyPI on the first run)
	@scripts/swift build --product gatehouse
	@scripts/sdk-tour

firewall-tour: setup ## drive a fresh server with Tencent Cloud's unmodified Python SDK for the Cloud Firewall (installed from PyPI on the first run)
	@scripts/swift build --product gatehouse
	@scripts/firewall-tour

api-fuzz: setup ## have schemathesis drive every interface, ten minutes (installed from PyPI on the first run; ARGS=SECONDS)
	@scripts/swift build --product gatehouse
	@scripts/api-fuzz $(ARGS)

neutron-audit: setup ## have prowler look through a fresh server as through an OpenStack cloud (installed from PyPI on the first run)
	@scripts/swift build --product gatehouse
	@scripts/neutron-audit

reader-check: setup ## have DuckDB, pandas, Polars and pyarrow read flow-log objects of every format and Parquet files (installed from PyPI on the first run)
	@scripts/swift build --build-tests
	@scripts/reader-check

bench-capture: setup ## measure the meter of captures: packets a second on one core (ARGS="PACKETS FLOWS [FILE]")
	@scripts/swift build -c release --product capture-bench
	@.build/release/capture-bench $(ARGS)

nfdump-check: ## have nfdump count the packets of a random capture, and compare (installs nfdump)
	@scripts/setup nfdump
	@scripts/swift build --build-tests
	@scripts/as-root env GATEHOUSE_NFDUMP=1 scripts/test --filter NfdumpAgreementTests

sinks-check: setup ## ship to NATS and Redis, and have readers of others read what we write (installed on the first run)
	@scripts/swift build --build-tests
	@scripts/sinks-check

bench-sinks: setup ## measure how many events a second one processor ships, by kind (ARGS=EVENTS)
	@scripts/swift build -c release --product sink-bench
	@.build/release/sink-bench $(ARGS)

bench-query: setup ## measure an archive of a generated day: size, closing, six questions (ARGS="RECORDS [FOLDER]")
	@scripts/swift build -c release --product query-bench
	@.build/release/query-bench $(ARGS)

analysis-check: setup ## hold reach, plan and lint against z3 and CUDD on random policies (installed from PyPI on the first run; ARGS="POLICIES SEED")
	@scripts/swift build --product gatehouse
	@scripts/analysis-check $(ARGS)

bench-detect: setup ## measure detections on generated days: precision, recall, contacts, delay, records a second (ARGS="SEEDS RECORDS")
	@scripts/swift build -c release --product detect-bench
	@.build/release/detect-bench $(ARGS)

sigma-check: setup ## hold Sigma rules against pySigma's SQLite backend on random rules and records (installed from PyPI on the first run; ARGS="RULES SEED")
	@scripts/swift build --product gatehouse
	@scripts/sigma-check $(ARGS)

bench-analysis: setup ## measure what is said of all packets: lint, differences, all pairs, explain, replay
	@scripts/swift build -c release --product analysis-bench
	@.build/release/analysis-bench

server-bench: setup ## measure the control plane: changes a second, lists, a thousand hosts, memory
	@scripts/swift build -c release --product gatehouse
	@scripts/swift build -c release --product server-bench
	@.build/release/server-bench

stranger-bench: setup ## measure what 200 hostile connections and 1 GB of bad bodies a minute cost 32 honest clients
	@scripts/swift build -c release --product gatehouse
	@scripts/stranger-bench

capture-check: setup ## compare the records of a mixed run with what tcpdump saw at the instances
	@scripts/swift build
	@scripts/as-root scripts/capture-check

package: setup ## make the Debian packages gatehouse and gatehouse-agent, of a release build, in .build/packages (ARGS="--output DIR")
	@scripts/setup package
	@scripts/package $(ARGS)

package-check: setup ## install, upgrade, remove and purge packages of the debug build over a copy of this machine (root)
	@scripts/setup package
	@scripts/swift build --product gatehouse
	@scripts/swift build --product gatehouse-agent
	@scripts/swift build --product gatehouse-cni
	@scripts/as-root scripts/package-check $(ARGS)

watch-check: ## try the alert rules and the dashboard of deploy/ with Prometheus' promtool (fetched on the first run)
	@scripts/watch-check
