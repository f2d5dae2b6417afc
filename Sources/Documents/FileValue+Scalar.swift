import Yams

extension FileValue {
    /// A text as the file has it.
    package struct Scalar: Hashable, Sendable {
        package let text: String
        /// It stands without quotes: what looks like a number or like nothing may be one.
        package let isPlain: Bool
    }

    /// The value where it is a scalar, also an empty one; nil of lists and mappings.
    package var scalar: Scalar? {
        guard case .scalar(let scalar) = node else { return nil }
        return Scalar(text: scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
    }
}
