/// What is wrong with a bucket's name or location, and how it is mended.
package struct BucketFault: Hashable, Sendable, CustomStringConvertible {
    package enum Field: String, Hashable, Sendable {
        case name
        case url
        /// The credentials that come beside the location.
        case credentials
    }

    package let field: Field
    /// What is wrong, with the value seen.
    package let message: String
    package let mend: String

    package init(_ field: Field, _ message: String, mend: String) {
        self.field = field
        self.message = message
        self.mend = mend
    }

    /// To be read after the place: `.url: MESSAGE; MEND`.
    package var description: String { ".\(field.rawValue): \(message); \(mend)" }
}
