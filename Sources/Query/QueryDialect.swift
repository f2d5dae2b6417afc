/// An engine that a question can be printed for.
package enum QueryDialect: String, CaseIterable, Sendable {
    case duckdb
}
