package import Model

/// The sets that are there beside `CountingSet.all` where interfaces hang on bridges.
extension CountingSet {
    /// Of an interface on a bridge, which its address there names.
    package static func overflow(_ kind: Overflow, _ direction: Direction, onBridge family: AddressFamily)
        -> CountingSet
    {
        CountingSet(
            "overflow_\(kind.rawValue)_\(direction)_b\(family.rawValue)", .overflow(kind, direction), family,
            direction == .egress ? [.inputDevice, .source(family)] : [.outputDevice, .target(family)])
    }

    /// What goes to many, by the port that it comes from or goes to.
    ///
    /// * `form`: `ports` has the target's port, of what is refused; `many` has none.
    package static func many(
        _ direction: Direction, isAdmitted: Bool, _ family: AddressFamily, _ form: Form
    ) -> CountingSet {
        let device = direction == .egress ? PacketField.inputDevice : .outputDevice
        return CountingSet(
            "many_\(isAdmitted ? "admitted" : "refused")_\(direction)_\(family.rawValue)\(form.rawValue)",
            .manyOnBridge(direction, isAdmitted: isAdmitted), family,
            [device, .source(family), .target(family), .transport]
                + (isAdmitted ? [.notedRule] : form == .ports ? [.targetPort] : []))
    }

    /// Of a port, where no finer set took what it sent to many, or was sent among many.
    package static func manyOverflow(_ kind: Overflow, _ direction: Direction) -> CountingSet {
        CountingSet(
            "many_overflow_\(kind.rawValue)_\(direction)", .overflow(kind, direction), nil,
            [direction == .egress ? .inputDevice : .outputDevice])
    }

    /// In the table that judges.
    package static let ofBridged: [CountingSet] = AddressFamily.allCases.flatMap { family in
        Direction.allCases.flatMap { direction in
            Overflow.allCases.map { overflow($0, direction, onBridge: family) }
        }
    }

    /// In the table of bridges' ports, by whether each has an element for each port.
    package static let ofPorts: [CountingSet] = Direction.allCases.flatMap { direction in
        AddressFamily.allCases.flatMap { family in
            [
                many(direction, isAdmitted: true, family, .many), many(direction, isAdmitted: false, family, .ports),
                many(direction, isAdmitted: false, family, .many),
            ]
        } + [Overflow.accepted, .refused].map { manyOverflow($0, direction) }
    }

    private static let namesOfPorts = Set(ofPorts.map(\.name))

    /// Whether the set stands in the table of bridges' ports.
    package var isOfPorts: Bool { Self.namesOfPorts.contains(name) }

    package static let onBridges: [CountingSet] = ofBridged + ofPorts
}
