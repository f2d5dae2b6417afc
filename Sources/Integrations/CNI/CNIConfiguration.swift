import Foundation
import Link
import Model

/// The plugin's part of a network's list, as the runtime hands it over on standard input.
struct CNIConfiguration {
    static let versions = ["0.4.0", "1.0.0", "1.1.0"]

    let version: String
    let name: String
    let folder: DataFolder
    let vpc: String?
    let groups: [String]?
    /// GC: what is there still, as (container, interface).
    let valid: [Attachment]?
    /// What the plugins before made, to be handed on as it came; nil where this one is the first.
    private let previous: [UInt8]?
    private let result: Result?

    struct Attachment: Hashable, Decodable {
        let containerID: String
        let ifname: String
    }

    private struct Body: Decodable {
        let cniVersion: String?
        let name: String?
        let data: String?
        let vpc: String?
        let groups: [String]?
        let prevResult: Result?
        let valid: [Attachment]?

        private enum CodingKeys: String, CodingKey {
            case cniVersion, name, data, vpc, groups, prevResult
            case valid = "cni.dev/valid-attachments"
        }
    }

    /// What is asked of a result of the plugins before.
    private struct Result: Decodable {
        struct Device: Decodable {
            let name: String
            let sandbox: String?
        }

        struct Address: Decodable {
            let address: String
            let interface: Int?
        }

        let interfaces: [Device]?
        let ips: [Address]?
    }

    init(_ bytes: [UInt8]) throws(CNIError) {
        let body: Body
        do {
            body = try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch {
            throw CNIError(.unreadable, "the configuration on standard input cannot be read", Self.words(error))
        }
        version = body.cniVersion ?? "0.1.0"
        guard Self.versions.contains(version) else {
            throw CNIError(
                .incompatibleVersion, "cniVersion \(version.prefix(20)) is not spoken",
                "write one of \(Self.versions.joined(separator: ", "))")
        }
        name = body.name ?? ""
        let data = body.data ?? "/var/lib/gatehouse"
        guard data.hasPrefix("/") else {
            throw CNIError(.badConfiguration, "data \"\(data.prefix(80))\": write the agent's data folder from / on")
        }
        folder = DataFolder(data)
        vpc = body.vpc
        groups = body.groups
        valid = body.valid
        result = body.prevResult
        previous = try Self.previous(bytes)
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    private static func previous(_ bytes: [UInt8]) throws(CNIError) -> [UInt8]? {
        do {
            guard let whole = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
                let part = whole["prevResult"] as? [String: Any]
            else { return nil }
            return Array(
                try JSONSerialization.data(withJSONObject: part, options: [.sortedKeys, .withoutEscapingSlashes]))
        } catch {
            throw CNIError(.unreadable, "prevResult cannot be read", "\(error)")
        }
    }

    /// The result of the plugins before, as it is handed on.
    func handedOn() throws(CNIError) -> [UInt8] {
        guard let previous else {
            throw CNIError(
                .badConfiguration, "there is no prevResult: gatehouse-cni judges what another plugin made",
                "put it behind that one in the list \"plugins\" of network \(name)")
        }
        return previous + Array("\n".utf8)
    }

    /// The addresses that the plugins before gave a container's device.
    func addresses(of interface: String) throws(CNIError) -> [IPAddress] {
        let devices = result?.interfaces ?? []
        var found: [IPAddress] = []
        for entry in result?.ips ?? [] {
            if let place = entry.interface {
                guard devices.indices.contains(place) else { continue }
                guard devices[place].name == interface, !(devices[place].sandbox ?? "").isEmpty else { continue }
            }
            let text = entry.address.prefix { $0 != "/" }
            guard let address = IPAddress(String(text)) else {
                throw CNIError(.badConfiguration, "prevResult: ips: address \"\(entry.address.prefix(80))\" is none")
            }
            if !found.contains(address) { found.append(address) }
        }
        return found
    }
}
