import Filter
import Records

extension FlowQuestion {
    /// The question as DuckDB's SQL, over the view `flows` that `gatehouse connect duckdb` makes; nil where it has a field
    /// that stands for two columns and is added up.
    package var duckDB: String? {
        var conditions = [filter.duckDB]
        if let since { conditions.append("coalesce(\"end\", \"start\") >= \(DuckDB.instant(since))") }
        if let until { conditions.append("\"start\" < \(DuckDB.instant(until))") }
        let rest = "FROM flows WHERE \(conditions.joined(separator: " AND "))"
        return isGrouped ? grouped(rest) : rows(rest)
    }

    private func rows(_ rest: String) -> String {
        let list = (columns ?? FlowColumn.allCases).map(DuckDB.name).joined(separator: ", ")
        let own = sort.flatMap { order in Self.keys(order.column, isDescending: order.isDescending) }
        let last = ["\"start\" NULLS LAST", "\"id\" NULLS LAST"]
        let order = (own + last).joined(separator: ", ")
        guard let limit else { return "SELECT \(list) \(rest) ORDER BY \(order)" }
        guard sort.isEmpty else { return "SELECT \(list) \(rest) ORDER BY \(order) LIMIT \(limit)" }
        // The newest, oldest first.
        let newest = "SELECT * \(rest) ORDER BY \"start\" DESC, \"id\" DESC LIMIT \(limit)"
        return "SELECT \(list) FROM (\(newest)) ORDER BY \(order)"
    }

    /// Absent values last; of addresses IPv4 first.
    private static func keys(_ column: FlowColumn, isDescending: Bool = false) -> [String] {
        let name = DuckDB.name(column)
        let direction = isDescending ? "DESC" : "ASC"
        let value = "\(name) \(direction) NULLS LAST"
        guard case .address = column.kind else { return [value] }
        return ["NOT \(DuckDB.isIPv4(name)) \(direction) NULLS LAST", value]
    }

    private func grouped(_ rest: String) -> String? {
        var selected: [String] = []
        if let step { selected.append("make_timestamp((epoch_us(\"start\") // \(step)) * \(step)) AS \"time\"") }
        selected += groups.map(DuckDB.name)
        selected.append("count(*) AS \"count\"")
        for aggregate in aggregates {
            let values = DuckDB.values(aggregate.field)
            guard values.count == 1, let value = values.first else { return nil }
            let call =
                switch aggregate {
                case .sum: "sum(\(value))"
                case .distinct: "count(DISTINCT \(value))"
                case .percentile(_, let perMille): "quantile_disc(\(value), \(Double(perMille) / 1000))"
                }
            selected.append("\(call) AS \"\(aggregate.name)\"")
        }
        let keys = (step == nil ? [] : ["\"time\""]) + groups.map(DuckDB.name)
        let grouping = keys.isEmpty ? "" : " GROUP BY \(keys.joined(separator: ", "))"
        let measure = "\"\(aggregates.first?.name ?? "count")\" DESC NULLS LAST"
        let order = (step == nil ? [] : ["\"time\""]) + [measure] + groups.flatMap { Self.keys($0) }
        let limit = top.map { " LIMIT \($0)" } ?? ""
        return
            "SELECT \(selected.joined(separator: ", ")) \(rest)\(grouping) ORDER BY \(order.joined(separator: ", "))\(limit)"
    }
}
