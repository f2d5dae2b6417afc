/// Measures the control plane: `make server-bench`.
@main struct ServerBench {
    static func main() async throws {
        try await BenchServer.withFolder(RequestBench.run)
        try await BenchServer.withFolder(FleetBench.run)
    }
}
