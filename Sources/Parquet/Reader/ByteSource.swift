package import Host

/// Where a file's bytes are read from: an open file, or memory.
package final class ByteSource: Sendable {
    private enum Place: ~Copyable {
        case file(Descriptor)
        case memory([UInt8])
    }

    private let place: Place
    package let size: Int

    package init(_ file: consuming Descriptor) throws(SystemError) {
        size = try file.size()
        place = .file(file)
    }

    package init(_ bytes: [UInt8]) {
        size = bytes.count
        place = .memory(bytes)
    }

    /// Exactly the bytes of an extent.
    func read(_ offset: Int, _ length: Int) throws(ParquetError) -> [UInt8] {
        guard offset >= 0, length >= 0, offset <= size, length <= size - offset else {
            throw .malformed("bytes \(offset) to \(offset &+ length) are wanted of a file of \(size)")
        }
        switch place {
        case .memory(let bytes): return Array(bytes[offset..<offset + length])
        case .file(let file):
            var bytes = [UInt8](repeating: 0, count: length)
            let count: Int
            do {
                count = try file.read(length, from: offset, into: &bytes)
            } catch {
                throw ParquetError(.system, "\(error)")
            }
            guard count == length else { throw .malformed("the file became shorter while it was read") }
            return bytes
        }
    }
}
