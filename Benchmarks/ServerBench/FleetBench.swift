import NIOHTTP1

/// A thousand hosts connected over mutual TLS, as agents are.
///
/// Each simulated host holds its stream open and answers pings and revisions as an agent does; none has a kernel.
enum FleetBench {
    static let hosts = 1_000
    static let interfacesPerHost = 100
    static let groups = 10_000

    static func run(_ folder: String) async throws {
        let fleet = try await Fleet.make(in: folder)
        say("\(hosts) hosts, \(hosts * interfacesPerHost) interfaces, \(groups) groups")
        let server = try BenchServer(folder, port: 18_498)
        let simulated = try SimulatedHosts(fleet, url: server.url)
        try await server.waitUntilReady(simulated.admin)
        let began = ContinuousClock.now
        await simulated.connect()
        try await simulated.wait(for: 1)
        say("connected, each with its policy: \(milliseconds(ContinuousClock.now - began)) ms")
        try await Task.sleep(for: .seconds(5))
        say("server's memory, connected and at rest: \(try server.memory) MB")
        for (name, group, concerned) in [("one that all carry", fleet.common, hosts), ("one of ten", fleet.own, 0)] {
            try await measure("a rule in a group, \(name)", server, simulated, concerned) { round in
                (.POST, "security-group-rules", BenchServer.rule(group, port: 20_000 + round))
            }
        }
        try await measure("a member of a group that a rule of all names", server, simulated, hosts) { round in
            let groups = [fleet.common, round % 2 == 0 ? fleet.own : fleet.guest.group].map { "\"\($0)\"" }
            return (
                .PUT, "ports/\(fleet.guest.id)",
                #"{"port": {"security_groups": [\#(groups.joined(separator: ","))]}}"#
            )
        }
        try await measure("a log of the project", server, simulated, hosts) { round in
            (
                .POST, "log/logs",
                #"{"log": {"resource_type": "security_group", "event": "DROP", "name": "log-\#(round)"}}"#
            )
        }
        try await measure("another name for the network", server, simulated, hosts) { round in
            (.PUT, "networks/\(fleet.network)", #"{"network": {"name": "net-\#(round)"}}"#)
        }
        try await measure("another name for a group", server, simulated, hosts) { round in
            (.PUT, "security-groups/\(fleet.common)", #"{"security_group": {"name": "common-\#(round)"}}"#)
        }
        say("server's memory after that: \(try server.memory) MB, at most \(try server.peakMemory) MB at any time")
        simulated.stop()
    }

    private static func measure(
        _ name: String, _ server: borrowing BenchServer, _ simulated: SimulatedHosts, _ concerned: Int,
        _ request: (Int) -> SimulatedHosts.Request
    ) async throws {
        let used = try server.processorTime
        var times: [Duration] = []
        for round in 0..<5 {
            times.append(try await simulated.time(request(round), concerning: concerned))
        }
        times.sort()
        say(
            "\(name): at every host that it concerns in \(milliseconds(times[2])) ms, most \(milliseconds(times[4])); "
                + "\(milliseconds((try server.processorTime - used) / times.count)) ms of the server's processor time")
    }
}
