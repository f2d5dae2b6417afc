import Archive
import Foundation
import Model
import NIOHTTP1
import Query
import Records
import Service

/// Asks a control plane about the flows of all hosts.
struct RemoteQuestion {
    let words: QuestionWords
    let filter: [String]
    /// In microseconds since 1970.
    let since: Int64?
    let until: Int64?

    /// Asks; `question` is what the words ask, for the columns' names.
    func ask(_ client: ServerClient, _ question: FlowQuestion) async throws -> FlowAnswer {
        let bytes = try await client.send(.POST, "/api/flows/query", body.bytes)
        let told: Told
        do {
            told = try JSONDecoder().decode(Told.self, from: Data(bytes))
        } catch {
            throw NotFound.otherServer
        }
        let names = question.names
        return FlowAnswer(
            names: names, rows: told.rows.map { row in names.map { row[$0]?.value ?? .absent } },
            completeness: told.completeness.value)
    }

    private var body: JSON {
        var members = JSONObject()
        func set(_ key: String, _ texts: [String]) { if !texts.isEmpty { members[key] = .strings(texts) } }
        set("filter", filter)
        if let columns = words.columns { members["columns"] = .strings(columns) }
        set("sort", words.sort)
        set("by", words.by)
        set("sum", words.sum)
        set("distinct", words.distinct)
        set("percentile", words.percentile)
        if words.isCounted { members["count"] = .bool(true) }
        members["top"] = words.top.map { .int($0) }
        members["limit"] = words.limit.map { .int($0) }
        members["series"] = words.series.map { .string($0) }
        members["since"] = since.map { .string(AnswerValue.text($0)) }
        members["until"] = until.map { .string(AnswerValue.text($0)) }
        return .object(members)
    }
}

/// What the control plane answers.
private struct Told: Decodable {
    let rows: [[String: Value]]
    let completeness: Completeness

    /// A text or a number; sums may have more than 64 bits.
    enum Value: Decodable {
        case text(String)
        case number(UInt128)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = UInt128("\(try container.decode(Decimal.self))") {
                self = .number(number)
            } else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "neither text nor number")
            }
        }

        var value: AnswerValue {
            switch self {
            case .text(let text): .text(text)
            case .number(let number): .number(number)
            }
        }
    }

    struct Completeness: Decodable {
        struct Span: Decodable {
            let host: String
            let start: String
            let end: String
        }
        struct Loss: Decodable {
            let host: String
            let interface_id: String?
            let start: String
            let end: String
            let reason: String
            let records: UInt64?
            let packets: UInt64?
            let bytes: UInt64?
        }
        struct File: Decodable {
            let file: String
            let error: String
        }

        let from: String?
        let until: String?
        let records: Int
        let covered: [Span]
        let loss: [Loss]
        let silent: [String]
        let unreadable: [File]
        let unknown: [String: Int]
        let interrupted: Bool?

        var value: AnswerCompleteness {
            var value = AnswerCompleteness()
            value.from = from.flatMap(Self.instant)
            value.until = until.flatMap(Self.instant)
            value.records = records
            value.covered = covered.map {
                .init(host: $0.host, start: Self.instant($0.start) ?? 0, end: Self.instant($0.end) ?? 0)
            }
            value.loss = loss.map { loss in
                var statement = Statement(
                    id: "", kind: .loss, host: loss.host, start: Self.instant(loss.start) ?? 0,
                    end: Self.instant(loss.end) ?? 0, reason: loss.reason)
                statement.interface = loss.interface_id
                (statement.records, statement.packets, statement.bytes) = (loss.records, loss.packets, loss.bytes)
                return statement
            }
            value.silent = silent
            value.unreadable = unreadable.map { UnreadableFile(file: $0.file, error: $0.error) }
            value.unknown = unknown.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            value.isInterrupted = interrupted ?? false
            return value
        }

        private static func instant(_ text: String) -> Int64? { TimeText.instant(text)?.microseconds }
    }
}
