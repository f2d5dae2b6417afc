import Model

/// One end of packets: an interface's addresses of a family that are judged alike, or a block of one.
struct End: Hashable, Sendable {
    /// What answers call it: `web-1/eth0`, or a prefix.
    let name: String
    /// Whose it is, to tell one interface's ends from another's.
    let owner: String
    let family: AddressFamily
    /// One of its addresses.
    let address: IPAddress
    /// Its place in each policy.
    let places: [Int32]

    /// Whether all policies say the same of it.
    var isUnchanged: Bool { places.allSatisfy { $0 == places[0] } }
}
