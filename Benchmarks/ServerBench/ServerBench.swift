/// Measures the control plane: `make server-bench`, all of it, or what the arguments name: `requests`, `fleet`.
@main struct ServerBench {
    static func main() async throws {
        let wanted = CommandLine.arguments.dropFirst()
        if wanted.isEmpty || wanted.contains("requests") { try await BenchServer.withFolder(RequestBench.run) }
        if wanted.isEmpty || wanted.contains("fleet") { try await BenchServer.withFolder(FleetBench.run) }
    }
}
