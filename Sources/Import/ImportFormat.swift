/// A format of flow logs that can be imported.
package enum ImportFormat: String, CaseIterable, Hashable, Sendable {
    case aws
    case zeek
    case suricata
    case gcp
    case hubble
    case ibm
    case azure
    case neutron
    case ovn
    case argus
    case netflow
    case pcap

    /// What `source` says of its records.
    var name: String { rawValue }
}
