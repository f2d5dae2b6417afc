import Glibc

/// An open file description's number, closed when the value goes.
package struct Descriptor: ~Copyable {
    package let number: Int32

    /// Takes ownership of an open descriptor.
    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Gives the number up without closing it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    package borrowing func duplicate() throws(SystemError) -> Descriptor {
        let number = number
        return Descriptor(owning: try check("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Writes all bytes, however many calls it takes.
    package borrowing func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let number = number
            done += try check("write") {
                unsafe bytes.withUnsafeBytes {
                    unsafe write(number, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
                }
            }
        }
    }

    /// Reads what is there, up to `limit` bytes; empty at the end.
    package borrowing func readSome(limit: Int) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let number = number
        let count = try check("read") {
            unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
        }
        buffer.removeLast(limit - count)
        return buffer
    }

    /// Reads `count` bytes from an offset on into the front of the array, which has room for them.
    ///
    /// - Returns: how many bytes there were.
    package borrowing func read(_ count: Int, from offset: Int, into bytes: inout [UInt8]) throws(SystemError) -> Int {
        precondition(count <= bytes.count, "\(count) bytes into \(bytes.count)")
        var done = 0
        while done < count {
            let number = number
            let part = try check("pread") {
                unsafe bytes.withUnsafeMutableBytes {
                    unsafe pread(number, $0.baseAddress.map { unsafe $0 + done }, count - done, offset + done)
                }
            }
            if part == 0 { break }
            done += part
        }
        return done
    }
}
