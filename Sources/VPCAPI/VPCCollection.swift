import Service

/// What the VPC API serves below one path. A further one is one file, and one line in `VPCService.standardCollections`.
protocol VPCCollection: Sendable {
    /// The path's first part.
    static var path: String { get }
    /// Whether it shows objects of the registry, for which what Neutron's API made is given what this API takes for granted.
    static var showsObjects: Bool { get }

    init(request: VPCRequest)
    func answer() async throws -> Answer
}

extension VPCCollection {
    static var showsObjects: Bool { true }
}
