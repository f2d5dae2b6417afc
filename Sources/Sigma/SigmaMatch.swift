/// What a rule found.
package struct SigmaMatch {
    package let ruleID: String
    package let title: String
    package let level: String
    package let tags: [String]
    /// The record that completed it.
    package let record: String
    /// Microseconds since 1970.
    package let start: Int64
    /// All records of it, at most 64; one for a rule of single records.
    package let evidence: [String]
    /// How many there are.
    package let count: Int
    /// What the records have in common, by name; empty for a rule of single records.
    package let group: [(name: String, value: String)]
    /// What was reached, where a number was to be.
    package let value: Double?
}
