import HTTPTypes
import Registry
import Service

/// One thing that the native interface does: how it is asked for, who may, what it is, and what answers.
///
/// A further one is one entry in the list of its subject; routing, rights and `/api/openapi.json` read the same list.
struct NativeRoute: Sendable {
    let method: HTTPRequest.Method
    /// As `/buckets/{name}/test`; what stands in braces is a value of the request.
    let path: String
    /// The right that a caller needs, as the access policy names it.
    let right: String
    let summary: String
    var parameters: [(name: String, text: String)] = []
    /// An example of the body.
    var body: String?
    /// Whether the answer ends only when the caller goes.
    var isEndless = false
    let answer: @Sendable (NativeRequest) async throws -> Answer

    /// The values in a path that the route is for; nil for every other path.
    func values(in path: [String]) -> [String: String]? {
        let parts = self.path.split(separator: "/")
        guard parts.count == path.count else { return nil }
        var values: [String: String] = [:]
        for (part, given) in zip(parts, path) {
            if part.hasPrefix("{") {
                values[String(part.dropFirst().dropLast())] = given
            } else if part != given {
                return nil
            }
        }
        return values
    }
}

/// What all routes of the native interface stand on.
struct NativeGround: Sendable {
    let registry: Registry
    let policy: @Sendable () -> AccessPolicy
    let hosts: HostService
    let probe: BucketProbe
    let region: ServedRegion
    let flows: HostArchive
}

/// One call of somebody who has the right to it.
struct NativeRequest: Sendable {
    let ground: NativeGround
    let session: Session
    let call: Call
    /// What the path says where the route has braces.
    let values: [String: String]

    var registry: Registry { ground.registry }

    func allows(_ operation: String) -> Bool { ground.policy().allows(operation, session) }
    func value(_ name: String) -> String { values[name] ?? "" }
}
