import HTTPTypes
import Registry
import Service

/// `regions` and their zones: one region, as the settings name it.
struct Geography: VPCCollection {
    static let path = "regions"
    static let routes = APIRoute.routes(
        .get, [path, "\(path)/{region}", "\(path)/{region}/zones", "\(path)/{region}/zones/{zone}"])
    static let showsObjects = false
    let request: VPCRequest

    func answer() throws(VPCError) -> Answer {
        guard request.call.method == .get else { throw .routeMissing }
        let path = request.path
        if path.isEmpty { return Answer(.ok, .object(["regions": .array([region])])) }
        guard path[0] == request.served.name else { throw .routeMissing }
        switch path.count {
        case 1: return Answer(.ok, region)
        case 2 where path[1] == "zones":
            return Answer(.ok, .object(["zones": .array(request.served.zones.map(zone))]))
        case 3 where path[1] == "zones" && request.served.zones.contains(path[2]):
            return Answer(.ok, zone(path[2]))
        default: throw .routeMissing
        }
    }

    private var href: String { "\(request.call.base)/v1/regions/\(request.served.name)" }

    private var region: JSON {
        .object([
            "name": .string(request.served.name), "href": .string(href), "endpoint": .string(request.call.base),
            "status": "available",
        ])
    }

    private func zone(_ name: String) -> JSON {
        .object([
            "name": .string(name), "href": .string("\(href)/zones/\(name)"),
            "region": .object(["name": .string(request.served.name), "href": .string(href)]),
            "status": "available", "universal_name": .string(name),
        ])
    }
}
