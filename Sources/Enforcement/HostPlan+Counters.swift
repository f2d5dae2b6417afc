import Model

extension HostPlan.Port {
    /// What counts it: its device, and each bridge with each address.
    fileprivate var counters: [String] {
        let parts = countedAddresses.map(\.description) + prefixes.map(\.description)
        let places = [device] + countedOn.flatMap { bridge in parts.map { "\(bridge) \($0)" } }
        return places.map { "\(interface) \($0)" }
    }
}

extension HostPlan {
    /// Whether by the next plan some device or address is counted no more, or for another interface.
    func losesCounters(by next: HostPlan) -> Bool {
        guard ports != next.ports else { return false }
        let kept = Set(next.ports.flatMap(\.counters))
        return ports.contains { !kept.isSuperset(of: $0.counters) }
    }
}
