import Model
import Registry
import Service

/// `gatehouse: {"template": "allow_ssh"}`: the ready-made rules that a new group begins with.
extension ReadyMadeGroup {
    /// The group that a body names, where it does.
    static func named(in body: BodyObject) throws(VPCError) -> ReadyMadeGroup? {
        try body.object("gatehouse")?.choice("template", allCases.map(\.rawValue)).flatMap(Self.init(rawValue:))
    }
}
