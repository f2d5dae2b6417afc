import Foundation
import FoundationXML
package import Model

/// A virtual machine as libvirt's hook is given it: its name, what its metadata say to us, its network devices.
package struct LibvirtDomain: Equatable, Sendable {
    package struct Device: Equatable, Sendable {
        /// `network`, `bridge`, `ethernet`, `direct`, …
        package var type: String
        package var mac: MACAddress?
        /// The device on this host; libvirt makes it before it starts the machine.
        package var target: String?
        /// libvirt's network that it is of.
        package var network: String?
    }

    package var name = ""
    /// nil where the metadata do not name us.
    package var instance: Instance?
    package var devices: [Device] = []

    package struct Instance: Equatable, Sendable {
        package var vpc: String?
        package var groups: [String]?
        /// By the number of the device, beginning with 0, as `addresses`, `addresses1` have them.
        package var addresses: [Int: [String]] = [:]
    }

    package static let namespace = "https://gatehouse.invalid/libvirt/1"
    package static let limit = 4 << 20

    package enum Fault: Error, Equatable, CustomStringConvertible {
        case unreadable(line: Int)
        case tooLong
        case noDomain

        package var description: String {
            switch self {
            case .unreadable(let line): "the machine's XML on standard input cannot be read (line \(line))"
            case .tooLong: "the machine's XML has more than \(LibvirtDomain.limit) bytes"
            case .noDomain: "standard input has no <domain> with a <name>: libvirt calls this with the machine's XML"
            }
        }
    }

    package init(_ xml: [UInt8]) throws(Fault) {
        guard xml.count <= Self.limit else { throw .tooLong }
        let reader = LibvirtReader()
        let parser = XMLParser(data: Data(xml))
        parser.shouldProcessNamespaces = true
        parser.delegate = reader
        guard parser.parse(), parser.parserError == nil else { throw .unreadable(line: parser.lineNumber) }
        self = reader.domain
        guard reader.isWhole, !name.isEmpty else { throw .noDomain }
    }

    fileprivate init() {}

    /// Who it is to the policy.
    package var guest: Attacher.Guest {
        Attacher.Guest(instance: name, vpc: instance?.vpc, groups: instance?.groups)
    }
}

private final class LibvirtReader: NSObject, XMLParserDelegate {
    var domain = LibvirtDomain()
    /// Whether a domain began and ended: the parser says nothing of one that is cut off.
    var isWhole = false
    private var path: [String] = []
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        path.append(element)
        text = ""
        if path == ["domain", "metadata", "instance"], namespaceURI == LibvirtDomain.namespace {
            var instance = LibvirtDomain.Instance(
                vpc: attributes["vpc"].flatMap { $0.isEmpty ? nil : $0 },
                groups: attributes["groups"].map(GroupList.read))
            for (name, value) in attributes where name.hasPrefix("addresses") {
                guard let place = name == "addresses" ? 0 : Int(name.dropFirst("addresses".count)) else { continue }
                instance.addresses[place] = GroupList.read(value)
            }
            domain.instance = instance
        }
        guard path.starts(with: ["domain", "devices", "interface"]) else { return }
        if path.count == 3 {
            domain.devices.append(.init(type: attributes["type"] ?? ""))
        } else if path.count == 4, let last = domain.devices.indices.last {
            switch element {
            case "mac": domain.devices[last].mac = attributes["address"].flatMap { MACAddress($0) }
            case "target": domain.devices[last].target = attributes["dev"]
            case "source": domain.devices[last].network = attributes["network"]
            default: break
            }
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if path == ["domain", "name"] { text += string }
    }

    func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
    ) {
        if path == ["domain", "name"] { domain.name = text.trimmingCharacters(in: .whitespacesAndNewlines) }
        if path == ["domain"] { isWhole = true }
        path.removeLast()
    }
}
