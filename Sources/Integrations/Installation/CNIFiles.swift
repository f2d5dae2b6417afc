import Foundation
import Host
import Link

/// What CNI takes: the plugin where runtimes look for it, and its place at the end of each network's list.
struct CNIFiles {
    private let place: Integration.Place
    private let installation: Installation

    private static let lists = "/etc/cni/net.d"
    private static let programs = ["/opt/cni/bin", "/usr/lib/cni"]

    init(_ place: Integration.Place, _ installation: Installation) {
        self.place = place
        self.installation = installation
    }

    enum Fault: Error, Equatable, CustomStringConvertible {
        case unreadable(String)

        var description: String {
            switch self {
            case .unreadable(let path):
                "\(path): no list of CNI plugins ({\"plugins\": […]}): nothing was changed; mend it, or move it away"
            }
        }
    }

    func files() throws -> [Installation.File] {
        let folders = Self.programs.filter { DurableFile.exists(place.root + $0) }
        let links = (folders.isEmpty ? [Self.programs[0]] : folders).map {
            Installation.File("\($0)/gatehouse-cni", linkTo: place.plugin)
        }
        return try links + networks()
    }

    /// Lists that have the plugin already are somebody's own, and stay as they are.
    private func networks() throws -> [Installation.File] {
        guard DurableFile.exists(place.root + Self.lists) else { return [] }
        return try DurableFile.list(place.root + Self.lists).filter { $0.hasSuffix(".conflist") }.compactMap { name in
            let path = "\(Self.lists)/\(name)"
            guard let bytes = try installation.original(path) else { return nil }
            guard var list = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
                var plugins = list["plugins"] as? [[String: Any]]
            else { throw Fault.unreadable(place.root + path) }
            guard !plugins.contains(where: { $0["type"] as? String == "gatehouse-cni" }) else { return nil }
            plugins.append(["type": "gatehouse-cni", "data": place.folder.path])
            list["plugins"] = plugins
            let text = try JSONSerialization.data(
                withJSONObject: list, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            let attributes = try? FileManager.default.attributesOfItem(atPath: place.root + path)
            let mode = (attributes?[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
            return Installation.File(path, String(decoding: text, as: UTF8.self) + "\n", mode: mode)
        }
    }
}
