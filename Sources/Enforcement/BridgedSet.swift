package import Attribution
package import Model

/// A set or map by which rules find the interfaces that hang on bridges: by bridge and address, where others are found by
/// their device.
package enum BridgedSet: Hashable, Sendable {
    /// Bridges that have interfaces.
    case bridges
    /// The same twice: what comes from a bridge and goes out by it.
    case ways
    /// Bridge ► its number, by which the port stage knows that a frame has passed the gate of its bridge.
    case numbers
    /// Interfaces: what comes from one, or goes to it.
    case ends(AddressFamily)
    /// Packets and bytes that came from, and went to, interfaces.
    case egressCounts(AddressFamily)
    case ingressCounts(AddressFamily)
    /// Addresses of everybody in a subnet.
    case broadcasts
    /// Interface ► number of its profile: see `ProfileDispatch`.
    case profiles(Direction, AddressFamily, epoch: Int)
    case formerProfiles(Direction, AddressFamily, epoch: Int)

    package var text: String {
        switch self {
        case .bridges: "bridges"
        case .ways: "bridge_ways"
        case .numbers: "bridge_numbers"
        case .ends(let family): "bridged_\(family.rawValue)"
        case .egressCounts(let family): "bridged_egress_counts_\(family.rawValue)"
        case .ingressCounts(let family): "bridged_ingress_counts_\(family.rawValue)"
        case .broadcasts: "broadcasts"
        case .profiles(let direction, let family, let epoch):
            "bridged_\(direction)_profiles_\(family.rawValue)_\(epoch)"
        case .formerProfiles(let direction, let family, let epoch):
            "bridged_\(direction)_former_\(family.rawValue)_\(epoch)"
        }
    }

    /// Those whose name holds no epoch.
    static let lasting: [BridgedSet] =
        [.bridges, .ways, .numbers, .broadcasts]
        + AddressFamily.allCases.flatMap {
            [.ends($0), .egressCounts($0), .ingressCounts($0)]
        }

    package var key: [KeyPart] {
        switch self {
        case .bridges, .numbers: [.device]
        case .ways: [.device, .device]
        case .ends(let family), .egressCounts(let family), .ingressCounts(let family),
            .profiles(_, let family, _), .formerProfiles(_, let family, _):
            [.device, .address(family)]
        case .broadcasts: [.address(.ipv4)]
        }
    }

    /// Whether it is a map that gives numbers.
    var givesNumbers: Bool {
        switch self {
        case .numbers, .profiles, .formerProfiles: true
        case .bridges, .ways, .ends, .egressCounts, .ingressCounts, .broadcasts: false
        }
    }

    var hasCounters: Bool {
        switch self {
        case .egressCounts, .ingressCounts: true
        case .bridges, .ways, .numbers, .ends, .broadcasts, .profiles, .formerProfiles: false
        }
    }

    /// See `SetName.decides`.
    var decides: Bool {
        switch self {
        case .profiles: true
        case .bridges, .ways, .numbers, .ends, .egressCounts, .ingressCounts, .broadcasts,
            .formerProfiles:
            false
        }
    }

    /// See `SetName.isKept`.
    var isKept: Bool {
        switch self {
        case .bridges, .ways, .numbers, .ends, .egressCounts, .ingressCounts, .broadcasts:
            true
        case .profiles, .formerProfiles: false
        }
    }
}
