/// A rule that is asked of single records.
struct SigmaRule {
    let id: String
    /// What correlations and filters may call it by.
    let name: String?
    let title: String
    let level: String
    let tags: [String]
    var condition: SigmaCondition
    let file: String
    let line: Int
}

/// A rule about records that other rules found.
struct SigmaCorrelation {
    enum Kind: String, CaseIterable {
        case eventCount = "event_count"
        case valueCount = "value_count"
        case valueSum = "value_sum"
        case valueAverage = "value_avg"
        case valuePercentile = "value_percentile"
        case valueMedian = "value_median"
        case temporal
        case temporalOrdered = "temporal_ordered"

        /// Whether it asks for values of a field.
        var asksField: Bool {
            switch self {
            case .eventCount, .temporal, .temporalOrdered: false
            case .valueCount, .valueSum, .valueAverage, .valuePercentile, .valueMedian: true
            }
        }
    }

    enum Bound: String, CaseIterable {
        case gt, gte, lt, lte, eq, neq

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .gt: value > bound
            case .gte: value >= bound
            case .lt: value < bound
            case .lte: value <= bound
            case .eq: value == bound
            case .neq: value != bound
            }
        }
    }

    /// Which of the rules must have found something, for the temporal kinds; nil is all of them.
    indirect enum Presence {
        case rule(Int)
        case all([Presence])
        case any([Presence])

        func holds(_ present: Set<Int>) -> Bool {
            switch self {
            case .rule(let number): present.contains(number)
            case .all(let parts): parts.allSatisfy { $0.holds(present) }
            case .any(let parts): parts.contains { $0.holds(present) }
            }
        }
    }

    let id: String
    let name: String?
    let title: String
    let level: String
    let tags: [String]
    let kind: Kind
    /// Ids or names, in order.
    let rules: [String]
    /// For each group, the field of each rule; by the rule's place.
    var groups: [[SigmaField]]
    let groupNames: [String]
    /// Microseconds.
    let span: Int64
    let bounds: [(bound: Bound, value: Double)]
    let field: SigmaField?
    let percentile: Double
    let presence: Presence?
    let generates: Bool
    let file: String
    let line: Int
}
