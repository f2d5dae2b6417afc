import Foundation
import Host
import Model

/// Reads lists of addresses: plain lines, CSV, STIX 2.1 bundles, MISP events.
///
/// Plain and CSV: an address or a prefix is the first field of a line that is one; `#` and `;` begin comments. Lines without any are
/// refused by number, apart from a heading. STIX: what patterns of indicators compare `ipv4-addr:value` and `ipv6-addr:value`
/// with, and such objects themselves. MISP: attributes `ip-src`, `ip-dst`, with `|port` or without.
package enum ListReader {
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String
    }

    package static func read(file path: String) throws(Unreadable) -> ListedAddresses {
        let bytes: [UInt8]?
        do {
            let size = try DurableFile.size(path)
            guard size <= Limit.bytesOfList.bound else {
                throw Unreadable(
                    description: "\(path): it has \(size) bytes, more than \(Limit.bytesOfList.text); split it")
            }
            bytes = try DurableFile.read(path)
        } catch let error as Unreadable {
            throw error
        } catch {
            throw Unreadable(description: "\(path): it cannot be read: \(error)")
        }
        guard let bytes else { throw Unreadable(description: "\(path): there is no such file; name one that is there") }
        return try read(bytes, name: path)
    }

    /// Reads a list's bytes; `name` is what errors call it.
    package static func read(_ bytes: [UInt8], name path: String) throws(Unreadable) -> ListedAddresses {
        let first = bytes.first { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 }
        let isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        let prefixes = isJSON ? try json(bytes, path) : try lines(bytes, path)
        guard !prefixes.isEmpty else { throw Unreadable(description: "\(path): it has no address; write one a line") }
        return ListedAddresses(name: path, prefixes)
    }

    private static func lines(_ bytes: [UInt8], _ path: String) throws(Unreadable) -> [IPPrefix] {
        var prefixes: [IPPrefix] = []
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let text = line.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ";") }
            let fields = text.split {
                $0 == UInt8(ascii: ",") || $0 == 0x20 || $0 == 9 || $0 == 13 || $0 == UInt8(ascii: "\"")
            }
            guard !fields.isEmpty else { continue }
            if let prefix = fields.lazy.compactMap({ prefix($0) }).first {
                prefixes.append(prefix)
            } else if number > 1 || !prefixes.isEmpty {
                throw Unreadable(
                    description:
                        "\(path):\(number): \"\(String(decoding: text.prefix(80), as: UTF8.self))\" has no address or prefix; "
                        + "write one, or # before a comment")
            }
        }
        return prefixes
    }

    private static func prefix(_ field: ArraySlice<UInt8>) -> IPPrefix? {
        guard let first = field.first, first < 0x80, field.count <= 49 else { return nil }
        let parts = field.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let address = IPAddress(utf8: Array(parts[0]).span) else { return nil }
        guard parts.count == 2 else { return parts.count == 1 ? IPPrefix(address) : nil }
        guard let length = Int(String(decoding: parts[1], as: UTF8.self)),
            (0...address.family.addressBits).contains(length)
        else { return nil }
        return IPPrefix(containing: address, length: length)
    }

    private static func json(_ bytes: [UInt8], _ path: String) throws(Unreadable) -> [IPPrefix] {
        let value: Any
        do {
            value = try JSONSerialization.jsonObject(with: Data(bytes))
        } catch {
            throw Unreadable(description: "\(path): it is no JSON: \(error.localizedDescription)")
        }
        var prefixes: [IPPrefix] = []
        collect(value, depth: 0, &prefixes)
        return prefixes
    }

    private static func collect(_ value: Any, depth: Int, _ prefixes: inout [IPPrefix]) {
        guard depth < Limit.depthOfBody.bound else { return }
        if let list = value as? [Any] {
            for element in list { collect(element, depth: depth + 1, &prefixes) }
        } else if let object = value as? [String: Any] {
            let type = object["type"] as? String ?? ""
            switch type {
            case "indicator":
                guard object["revoked"] as? Bool != true else { return }
                quoted(object["pattern"] as? String ?? "", &prefixes)
            case "ipv4-addr", "ipv6-addr", "ip-src", "ip-dst", "ip-src|port", "ip-dst|port":
                let text = (object["value"] as? String ?? "").prefix { $0 != "|" }
                if let prefix = prefix(Array(text.utf8)[...]) { prefixes.append(prefix) }
            default:
                for key in object.keys.sorted() {
                    if let inner = object[key], inner is [Any] || inner is [String: Any] {
                        collect(inner, depth: depth + 1, &prefixes)
                    }
                }
            }
        }
    }

    /// The addresses that a pattern compares with: what is quoted after `ipv4-addr:value` or `ipv6-addr:value`.
    private static func quoted(_ pattern: String, _ prefixes: inout [IPPrefix]) {
        guard pattern.contains("-addr:value") else { return }
        for (index, part) in pattern.split(separator: "'", omittingEmptySubsequences: false).enumerated()
        where index % 2 == 1 {
            if let prefix = prefix(Array(part.utf8)[...]) { prefixes.append(prefix) }
        }
    }
}
