package import Telemetry

extension HostService {
    /// Tells what there is of hosts at present.
    package func tell(_ store: MetricsStore) {
        store.tell("gatehouse_hosts_connected", connected.count)
        store.tell("gatehouse_hosts_untold", untold)
        store.tell(total: "gatehouse_hosts_telling_failures_total", UInt64(tellingFailures))
    }
}
