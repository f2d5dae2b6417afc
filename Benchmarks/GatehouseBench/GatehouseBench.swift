import Host

/// Measures on the real kernel, in namespaces; every figure stands beside a peer's of the same run.
@main struct GatehouseBench {
    static func main() throws {
        let wanted = CommandLine.arguments.dropFirst()
        defer { BenchHost.remove() }
        let host = try BenchHost()
        if wanted.isEmpty || wanted.contains("forwarding") { try ForwardingBench(host: host).run() }
        if wanted.isEmpty || wanted.contains("changes") { try ChangeBench(host: host).run() }
        if wanted.isEmpty || wanted.contains("log") { try LogBench(host: host).run() }
        if wanted.isEmpty || wanted.contains("agent") { try AgentBench(host: host).run() }
        if wanted.isEmpty || wanted.contains("reporting") { try LogCostBench(host: host).run() }
        if wanted.isEmpty || wanted.contains("enterprise") { try EnterpriseBench(host: host).run() }
        // Last: the host's two devices are a bridge's then.
        if wanted.isEmpty || wanted.contains("bridge") { try BridgeBench(host: host).run(attachesOnly: false) }
        if wanted.contains("attach") { try BridgeBench(host: host).run(attachesOnly: true) }
    }
}
