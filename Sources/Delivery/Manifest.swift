import Crypto
import FoundationEssentials
package import Model

/// What one interface's objects of one hour are in a bucket, signed by the control plane of the host that delivered them, or by
/// the host where none answers.
///
/// A file of two lines: this value as JSON with sorted keys, then its Ed25519 signature. The manifests of an interface are a
/// chain, each with the SHA-256 of the one before, so that a removed one is missed.
package struct Manifest: Hashable, Sendable, Codable {
    /// What every manifest's key begins with; outside the prefix of the objects.
    package static let prefix = "manifests/"

    package struct Object: Hashable, Sendable, Codable {
        package var key: String
        /// In bytes, as it lies in the bucket.
        package var size: Int
        /// Of the same bytes, in hexadecimal digits.
        package var sha256: String
        package var start: Timestamp
        package var end: Timestamp
        package var records: Int
        /// Lowest and highest number of its records in the host's spool; nil without records.
        package var first: UInt64?
        package var last: UInt64?
        /// Whether the object says `skip data`: records are missing, and stated to be.
        package var hasLoss: Bool
    }

    package private(set) var format = 1
    package var interface: String
    /// The hour folder, in hours since 1970.
    package var hour: Int64
    /// End of the first window of the chain; after a loss of the delivery state a new chain begins.
    package var chain: Timestamp
    /// Counts the chain's manifests from 1 on.
    package var number: Int
    /// SHA-256 of the file before; nil for the first.
    package var previous: String?
    /// By key.
    package var objects: [Object]

    /// Where it lies in its bucket.
    package var key: String {
        let time = CivilTime(Timestamp(hours: hour))
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let name = String(number)
        let chain = chain.text(fractionDigits: 0).filter { $0 != "-" && $0 != ":" }
        return
            "\(Self.prefix)vnic-id=\(interface)/year=\(time.year)/month=\(padded(time.month))/day=\(padded(time.day))"
            + "/hour=\(padded(time.hour))/chain-id=\(chain)/\(String(repeating: "0", count: max(0, 8 - name.count)))\(name).json"
    }

    private struct Signature: Codable {
        let algorithm: String
        /// The public key, in hexadecimal digits.
        let key: String
        let signature: String
    }

    /// The line that is signed.
    func line() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// The file of a line and its signature by the public key `key`, in hexadecimal digits.
    package static func file(_ line: [UInt8], _ signature: [UInt8], by key: String) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let signature = Signature(algorithm: "Ed25519", key: key, signature: hexadecimal(signature))
        return line + [UInt8(ascii: "\n")] + (try encoder.encode(signature)) + [UInt8(ascii: "\n")]
    }

    /// Reads the line that is signed.
    package init(line: [UInt8]) throws(ReadError) {
        guard !line.contains(UInt8(ascii: "\n")),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(line))
        else { throw .unreadable }
        self = manifest
    }

    /// Reads a file whose signature one of the keys confirms.
    package init(_ file: [UInt8], confirmedBy keys: [ManifestKey.Public]) throws(ReadError) {
        self = try Self.read(file, confirmedBy: keys).manifest
    }

    /// Reads a file, and tells whose signature it bears.
    static func read(
        _ file: [UInt8], confirmedBy keys: [ManifestKey.Public]
    ) throws(ReadError) -> (manifest: Manifest, key: String) {
        let lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == 3, lines[2].isEmpty,
            let signature = try? JSONDecoder().decode(Signature.self, from: Data(lines[1])),
            let bytes = bytes(ofHexadecimal: signature.signature)
        else { throw .unreadable }
        guard let key = keys.first(where: { $0.text == signature.key }) else { throw .otherKey(signature.key) }
        guard key.confirms(bytes, of: Array(lines[0])) else { throw .wrongSignature }
        return (try Manifest(line: Array(lines[0])), key.text)
    }

    /// Why a manifest proves nothing.
    package enum ReadError: Error, Hashable, Sendable {
        case unreadable
        case wrongSignature
        case otherKey(String)
    }

    init(interface: String, hour: Int64, chain: Timestamp, after link: DeliveryState.Link?, objects: [Object]) {
        self.interface = interface
        self.hour = hour
        self.chain = link?.chain ?? chain
        number = (link?.number ?? 0) + 1
        previous = link?.hash
        self.objects = objects.sorted { $0.key < $1.key }
    }
}
