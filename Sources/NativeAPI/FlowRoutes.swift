import Archive
import Filter
import Foundation
import HTTPTypes
import Model
import Query
import Records
import Registry
import Service

/// `api/flows`: the flow records of all hosts, by the same language and the same engine as the command line's.
struct FlowRoutes {
    private let flows: HostArchive
    private let call: Call
    /// The project whose records the caller may see; nil is every project.
    private let project: String?

    static let routes = [
        NativeRoute(
            method: .post, path: "/flows/query", right: "get_flow",
            summary:
                "Asks the flow records of all hosts; the answer has rows and how complete they are. Of every project for "
                + "administrators and auditors, of the caller's for others. With Accept: application/jsonl a row a line.",
            body:
                "{\"filter\": \"action = drop\", \"since\": \"1h\", \"by\": [\"src\"], \"sum\": [\"bytes\"], \"top\": 10}"
        ) { try await FlowRoutes($0).query() },
        NativeRoute(
            method: .get, path: "/flows/stream", right: "get_flow",
            summary:
                "Flow records as they come, until the caller goes: JSON lines, or server-sent events with Accept: "
                + "text/event-stream.",
            parameters: [("filter", "The filter language; may stand several times.")], isEndless: true
        ) { try FlowRoutes($0).stream() },
    ]

    init(_ request: NativeRequest) {
        flows = request.ground.flows
        call = request.call
        project = request.allows("get_flow_of_all_projects") ? nil : request.session.project?.id ?? ""
    }

    // MARK: Questions

    private func query() async throws -> Answer {
        let asked = try question(try call.document())
        let answer: FlowAnswer
        do {
            answer = try await flows.answer(asked)
        } catch let error as TooManyGroups {
            throw Refusal.invalid("by", "\(error)")
        }
        let isLines = call.headers[.accept]?.contains("application/jsonl") == true
        var line = ByteLine(capacity: 4096)
        if !isLines { line.append("{\"rows\":[") }
        for (index, row) in answer.rows.enumerated() {
            if index > 0, !isLines { line.append(",") }
            line.append(jsonObject: zip(answer.names, row).map { Field($0, $1.datum) })
            if isLines { line.append("\n") }
        }
        let completeness = Field("completeness", answer.completeness.datum)
        if isLines {
            line.append(jsonObject: [completeness])
            line.append("\n")
        } else {
            line.append("],\"completeness\":")
            line.append(json: completeness.value)
            line.append("}\n")
        }
        return Answer(text: line.text, type: isLines ? "application/jsonl" : "application/json")
    }

    private static let keys: Set = [
        "filter", "since", "until", "columns", "sort", "limit", "by", "top", "sum", "count", "distinct", "percentile",
        "series",
    ]

    /// Reads a body as a question.
    private func question(_ body: JSON) throws -> FlowQuestion {
        guard let members = body.members else { throw Refusal.badRequest("The body is no object.") }
        if let unknown = members.keys.first(where: { !Self.keys.contains($0) }) {
            let mend = Suggestion.nearest(to: unknown, among: Self.keys.sorted()).map { "; did you mean \($0)?" } ?? ""
            throw Refusal.invalid(Limit.textOfEntry.cut(unknown), "there is nothing of that name to ask\(mend)")
        }
        var words = QuestionWords()
        words.columns = body["columns"] == nil ? nil : try texts(body, "columns")
        words.sort = try texts(body, "sort")
        words.by = try texts(body, "by")
        words.sum = try texts(body, "sum")
        words.distinct = try texts(body, "distinct")
        words.percentile = try texts(body, "percentile")
        words.limit = try number(body, "limit")
        words.top = try number(body, "top")
        words.series = try text(body, "series")
        if let count = body["count"] {
            guard case .bool(let isCounted) = count else { throw Refusal.invalid("count", "true or false is wanted") }
            words.isCounted = isCounted
        }
        let filter = try Self.filter(try texts(body, "filter"))
        var question: FlowQuestion
        do {
            question = try words.question(filter, since: try time(body, "since"), until: try time(body, "until"))
        } catch let fault as QuestionWords.Fault {
            throw Refusal.invalid(fault.key, fault.reason)
        }
        question.project = project
        if question.isGrouped {
            question.mostGroups = Limit.groupsOfAnswer.bound
        } else if let limit = question.limit, limit > Limit.rowsOfAnswer.bound {
            throw Refusal.invalid("limit", "\(limit) is above \(Limit.rowsOfAnswer.bound)")
        } else {
            question.limit = question.limit ?? Self.usualRows
        }
        return question
    }

    /// Records of an answer whose question names no number.
    private static let usualRows = 1000

    private static func filter(_ texts: [String]) throws -> FilterExpression {
        do throws(FilterError) {
            return try FilterExpression(arguments: texts, FilterContext(now: .now))
        } catch {
            throw Refusal.invalid("filter", "\(error)")
        }
    }

    private func text(_ body: JSON, _ key: String) throws -> String? {
        guard let value = body[key], !value.isNull else { return nil }
        guard let text = value.text else { throw Refusal.invalid(key, "a text is wanted") }
        return text
    }

    /// A list of texts, or one.
    private func texts(_ body: JSON, _ key: String) throws -> [String] {
        guard let value = body[key], !value.isNull else { return [] }
        if let text = value.text { return [text] }
        guard let items = value.items else { throw Refusal.invalid(key, "a list of texts is wanted") }
        return try items.map { item in
            guard let text = item.text else { throw Refusal.invalid(key, "a list of texts is wanted") }
            return text
        }
    }

    private func number(_ body: JSON, _ key: String) throws -> Int? {
        guard let value = body[key], !value.isNull else { return nil }
        guard let number = value.number else { throw Refusal.invalid(key, "a whole number is wanted") }
        return number
    }

    private func time(_ body: JSON, _ key: String) throws -> Int64? {
        guard let text = try text(body, key) else { return nil }
        do throws(TimeText.ParseError) {
            return try TimeText.time(text, now: .now).microseconds
        } catch {
            throw Refusal.invalid(key, "\(error)")
        }
    }

    // MARK: Streams

    private func stream() throws -> Answer {
        if let unknown = call.query.first(where: { $0.key != "filter" }) {
            throw Refusal.invalid(Limit.textOfEntry.cut(unknown.key), "a stream has a filter and nothing else")
        }
        let filter = try Self.filter(call.values("filter"))
        let isEvents = call.headers[.accept]?.contains("text/event-stream") == true
        let lines = try flows.stream(filter, project: project, isEvents: isEvents)
        return Answer(stream: lines, type: isEvents ? "text/event-stream" : "application/jsonl")
    }
}
