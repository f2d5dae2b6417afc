import Model
import Records
import Registry
import Service

/// The logs: hits of enterprise rules, and flows of VPCs that are collected.
enum LogActions {
    static let all = [
        FirewallAction(
            name: "DescribeLogs", right: "get_flow", required: ["Index", "Limit", "Offset", "StartTime", "EndTime"],
            optional: ["Filters"], answer: describe),
        FirewallAction(
            name: "SearchLog", right: "get_flow", required: ["From", "To", "Query"],
            optional: [
                "TopicId", "Topics", "SyntaxRule", "Sort", "Limit", "Offset", "Context", "UseNewAnalysis",
                "SamplingRate",
                "HighLight",
            ], answer: search),
    ]

    /// What is logged.
    enum Log: String, CaseIterable {
        case hits = "rule_sg"
        case flows = "netflow_fl"

        /// The topic of the log service that it stands for.
        var topic: String { "cfw_\(rawValue)" }

        func rows(_ request: FirewallRequest, from first: Timestamp, until end: Timestamp) async throws -> [JSONObject]
        {
            switch self {
            case .hits: try await HitRows(request).rows(from: first, until: end)
            case .flows: try await FlowRows(request).rows(from: first, until: end)
            }
        }

        /// A row's fields, with a value of each one's kind.
        var fields: JSONObject {
            switch self {
            case .hits: HitRows.fields
            case .flows: FlowRows.fields
            }
        }
    }

    // MARK: By filters

    @Sendable private static func describe(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let index = try parameters.text("Index") ?? ""
        guard let log = Log(rawValue: index) else {
            throw FirewallError(
                .unsupported, "Index: \"\(Limit.textOfEntry.cut(index))\" is not kept here; rule_sg and netflow_fl are."
            )
        }
        let limit = try parameters.number("Limit", 1...1000) ?? 1000
        let offset = try parameters.number("Offset", 0...60_000) ?? 0
        let first = try time(parameters, "StartTime")
        let end = try time(parameters, "EndTime")
        guard first <= end else {
            throw FirewallError(.combination, "EndTime: it is before StartTime.")
        }
        let filters = try CommonFilters(try parameters.objects("Filters") ?? [], fields: log.fields)
        // The end's second is in it.
        let rows = try await log.rows(request, from: first, until: end.advanced(by: .seconds(1))).filter(filters.admits)
        let data = JSON.array(rows.dropFirst(offset).prefix(limit).map { .object($0) })
        return JSONObject([
            ("Data", .string(String(decoding: data.bytes, as: UTF8.self))), ("Total", .int(rows.count)),
            ("ReturnCode", .int(0)), ("ReturnMsg", "success"), ("AppProtocolList", .array([])),
        ])
    }

    /// `2026-12-01 02:00:00`, in UTC.
    private static func time(_ parameters: Parameters, _ key: String) throws -> Timestamp {
        let text = try parameters.text(key) ?? ""
        let wanted = "a time as 2026-12-01 02:00:00, in UTC"
        guard text.utf8.count == 19, let time = try? TimeText.time(text.replacing(" ", with: "T") + "Z", now: .now)
        else {
            throw parameters.refusal(key, text, wanted)
        }
        return time
    }

    // MARK: By a question

    @Sendable private static func search(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let topic = try parameters.text("TopicId") ?? Log.flows.topic
        guard (try parameters.objects("Topics") ?? []).isEmpty else {
            throw FirewallError(.unsupported, "Topics: one topic is asked at a time, by TopicId.")
        }
        guard let log = Log.allCases.first(where: { $0.topic == topic }) else {
            throw FirewallError(
                .topicUnknown,
                "TopicId: there is no topic \(Limit.textOfEntry.cut(topic)); there are \(Log.allCases.map(\.topic).joined(separator: " and "))."
            )
        }
        for key in ["SyntaxRule", "SamplingRate"] { _ = try parameters.number(key) }
        for key in ["UseNewAnalysis", "HighLight"] { _ = try parameters.truth(key) }
        let range = (try parameters.number("From") ?? 0, try parameters.number("To") ?? 0)
        guard range.0 >= 0, range.0 <= range.1, range.1 < Int.max / 2_000_000 else {
            throw FirewallError(.combination, "To: milliseconds since 1970 are wanted, not before From.")
        }
        let sort = try parameters.text("Sort") ?? "desc"
        guard sort == "desc" || sort == "asc" else { throw parameters.refusal("Sort", sort, "desc or asc") }
        let limit = try parameters.number("Limit", 1...1000) ?? 100
        let context = try parameters.text("Context").flatMap { $0.isEmpty ? nil : $0 }
        var offset = try parameters.number("Offset", 0...60_000) ?? 0
        let query = try LogQuery(try parameters.text("Query") ?? "", fields: log.fields)
        // A context is good for what it was given for.
        let asked = "\(topic) \(range) \(sort) \(try parameters.text("Query") ?? "")"
        if let context {
            let parts = PageToken.open(context, of: request.project.id)?.split(separator: "\n", maxSplits: 1)
            guard let parts, parts.count == 2, parts[1] == asked, let place = Int(parts[0]) else {
                throw parameters.refusal(
                    "Context", context, "one that this server gave for this question since it started")
            }
            offset = place
        }
        func instant(_ milliseconds: Int) -> Timestamp { Timestamp(nanoseconds: Int64(milliseconds) * 1_000_000) }
        var rows = try await log.rows(request, from: instant(range.0), until: instant(range.1 + 1)).filter(query.admits)
        if sort == "asc" { rows.reverse() }
        let shown = rows.dropFirst(offset).prefix(limit)
        let next = offset + shown.count
        let results = shown.map { row -> JSON in
            let text = String(decoding: JSON.object(row).bytes, as: UTF8.self)
            return .object([
                "Time": row["time"] ?? .null, "TopicId": .string(topic), "TopicName": .string(log.rawValue),
                "Source": row["host"] ?? "", "FileName": .string(log.rawValue), "HostName": row["host"] ?? "",
                "PkgId": row["record_id"] ?? "", "PkgLogId": "0", "LogJson": .string(text), "RawLog": "",
                "IndexStatus": "",
            ])
        }
        return JSONObject([
            ("Context", .string(next < rows.count ? PageToken.make("\(next)\n\(asked)", of: request.project.id) : "")),
            ("ListOver", .bool(next >= rows.count)), ("Analysis", .bool(false)), ("Results", .array(results)),
            ("ColNames", .array([])), ("Columns", .array([])), ("AnalysisResults", .array([])),
            ("AnalysisRecords", .array([])), ("SamplingRate", .int(1)),
        ])
    }
}

/// A question in the log service's words: nothing or `*`, or `FIELD:VALUE` joined by `AND`.
struct LogQuery {
    private var terms: [(field: String, value: String)] = []

    init(_ text: String, fields: JSONObject) throws(FirewallError) {
        let trimmed = text.drop { $0 == " " }
        if trimmed.isEmpty || trimmed == "*" { return }
        guard !trimmed.contains("|") else {
            throw FirewallError(
                .unsupported, "Query: what stands behind a bar is not served; ask for FIELD:VALUE AND FIELD:VALUE.")
        }
        for part in trimmed.split(separator: " AND ", omittingEmptySubsequences: false) {
            let pair = part.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\"" && $0 != " " } }
            guard pair.count == 2, !pair[1].isEmpty else {
                throw FirewallError(
                    .syntax, "Query: \"\(Limit.textOfEntry.cut(String(part)))\" is not FIELD:VALUE.")
            }
            guard fields[pair[0]] != nil else {
                let mend = Suggestion.nearest(to: pair[0], among: fields.keys).map { "; did you mean \($0)?" } ?? "."
                throw FirewallError(.syntax, "Query: there is no field \(Limit.textOfEntry.cut(pair[0]))\(mend)")
            }
            terms.append((pair[0], pair[1]))
        }
    }

    func admits(_ row: JSONObject) -> Bool {
        terms.allSatisfy { term in
            let word = row[term.field]?.word ?? ""
            return term.value.contains("*") ? Wildcard(term.value).matches(word) : word == term.value
        }
    }
}
