import HTTPTypes
import Service

/// What the VPC API serves below one path. A further one is one file, and one line in `VPCService.standardCollections`.
protocol VPCCollection: Sendable {
    /// The path's first part.
    static var path: String { get }
    /// All that is served of it, below `v1`; what is not in it is not asked.
    static var routes: [APIRoute] { get }
    /// Whether it shows objects of the registry, for which what Neutron's API made is given what this API takes for granted.
    static var showsObjects: Bool { get }

    init(request: VPCRequest)
    func answer() async throws -> Answer
}

extension VPCCollection {
    static var showsObjects: Bool { true }
    static var routes: [APIRoute] { usual(path) }

    /// The five routes of a `VPCResource`.
    static func usual(_ path: String) -> [APIRoute] {
        let one = "\(path)/{id}"
        return [
            APIRoute(.get, path), APIRoute(.post, path), APIRoute(.get, one), APIRoute(.patch, one),
            APIRoute(.delete, one),
        ]
    }
}
