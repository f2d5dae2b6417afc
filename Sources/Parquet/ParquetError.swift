/// Why a file cannot be read or written: the file, the place in it, and what is wrong there.
package struct ParquetError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The bytes are not what the format allows.
        case malformed
        /// The format allows it; this reader does not know it.
        case unsupported
        /// It would take more memory than the caller allows.
        case tooLarge
        /// The operating system refused.
        case system
    }

    package let kind: Kind
    package let reason: String
    /// From the outside in: the column, the row group, the byte.
    package private(set) var place: [String] = []
    package private(set) var file = ""

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    static func malformed(_ reason: String) -> ParquetError { ParquetError(.malformed, reason) }

    /// The same error, seen from further outside.
    package func within(_ place: String) -> ParquetError {
        var error = self
        error.place.insert(place, at: 0)
        return error
    }

    package func within(file: String) -> ParquetError {
        var error = self
        error.file = file
        return error
    }

    package var description: String {
        let words = place + [reason]
        return (file.isEmpty ? words : [file] + words).joined(separator: ": ")
    }
}
