import Glibc
import Gzip
import Host
import Zstd

/// A file that is read from its beginning to its end, gzip and zstd by content.
struct InputFile {
    /// Why a file was not read to its end.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    /// Hands over the content in pieces.
    func read(_ take: ([UInt8]) throws -> Void) throws {
        let file = path == "-" ? try Self.standardInput() : try DurableFile.openForReading(path)
        var first: [UInt8] = []
        while first.count < 4 {
            let more = try file.readSome(limit: 1 << 18)
            if more.isEmpty { break }
            first += more
        }
        if first.starts(with: Gzip.StreamDecompressor.magic) {
            let stream = try Gzip.StreamDecompressor()
            try Self.pump(first, file) { try stream.read($0, take) }
            try stream.finish()
        } else if first.starts(with: Zstd.StreamDecompressor.magic) {
            let stream = try Zstd.StreamDecompressor()
            try Self.pump(first, file) { try stream.read($0, take) }
            try stream.finish()
        } else {
            try Self.pump(first, file, take)
        }
    }

    private static func standardInput() throws(SystemError) -> Descriptor {
        Descriptor(owning: try check("dup") { dup(0) })
    }

    private static func pump(_ first: [UInt8], _ file: borrowing Descriptor, _ take: ([UInt8]) throws -> Void) throws {
        if !first.isEmpty { try take(first) }
        while true {
            let bytes = try file.readSome(limit: 1 << 18)
            if bytes.isEmpty { return }
            try take(bytes)
        }
    }
}
