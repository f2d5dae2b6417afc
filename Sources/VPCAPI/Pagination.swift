import Foundation
import Registry
import Service

/// Which part of a collection is asked for: `limit` and the opaque `start`.
struct Pagination: Sendable {
    /// Where the page before has ended.
    private struct Position: Sendable {
        let createdAt: Int64
        let id: String
    }

    private let collection: String
    private let limit: Int
    private let position: Position?

    init(_ call: Call, _ collection: String) throws(VPCError) {
        self.collection = collection
        let text = call.values("limit").first
        guard let limit = text.map({ Int($0) }) ?? 50 else {
            throw .parameter(.invalidFieldType, "limit", "limit: a whole number is wanted.", value: text)
        }
        guard limit >= 1 else { throw .parameter(.minValue, "limit", "limit: 1 to 100 is wanted.", value: text) }
        guard limit <= 100 else { throw .parameter(.maxValue, "limit", "limit: 1 to 100 is wanted.", value: text) }
        self.limit = limit
        guard let token = call.values("start").first else {
            position = nil
            return
        }
        guard let found = Self.read(token, collection) else {
            throw .parameter(.badField, "start", "start: this is no token of a page of \(collection).")
        }
        position = found
    }

    /// One page, and the token of the next one.
    struct Page<Item: Sendable>: Sendable {
        let items: [Item]
        let total: Int
        let next: String?
    }

    /// The page of objects in the order that they were made in; a token stays good while others come and go.
    func page<Object: StoredObject>(_ all: [Object], newestFirst: Bool = false) -> Page<Object> {
        func precedes(_ lhs: (Int64, String), _ rhs: (Int64, String)) -> Bool { newestFirst ? rhs < lhs : lhs < rhs }
        let sorted = all.sorted { precedes(($0.createdAt, $0.id), ($1.createdAt, $1.id)) }
        let rest = sorted.drop { object in
            position.map { !precedes(($0.createdAt, $0.id), (object.createdAt, object.id)) } ?? false
        }
        return cut(Array(rest), of: all.count)
    }

    /// The page of a list that has an order of its own.
    func page<Object: StoredObject>(ordered all: [Object]) -> Page<Object> {
        guard let position else { return cut(all, of: all.count) }
        let place = all.firstIndex { $0.id == position.id }.map { $0 + 1 } ?? all.count
        return cut(Array(all[place...]), of: all.count)
    }

    private func cut<Object: StoredObject>(_ rest: [Object], of total: Int) -> Page<Object> {
        let items = Array(rest.prefix(limit))
        let next = rest.count > limit ? items.last.map { token(Position(createdAt: $0.createdAt, id: $0.id)) } : nil
        return Page(items: items, total: total, next: next)
    }

    /// The collection's body; filters are sent again by the client on each page.
    func body(_ items: [JSONObject], _ page: Page<some Any>, _ call: Call) -> JSON {
        let path = "\(call.base)/v1/\(call.path.joined(separator: "/"))?limit=\(limit)"
        var body = JSONObject([
            ("limit", .int(limit)), ("total_count", .int(page.total)),
            ("first", .object(["href": .string(path)])), (collection, .array(items.map { .object($0) })),
        ])
        if let next = page.next { body["next"] = .object(["href": .string("\(path)&start=\(next)")]) }
        return .object(body)
    }

    // MARK: Tokens

    private func token(_ position: Position) -> String {
        let words = "\(position.createdAt).\(position.id)"
        return Data("\(words).\(Self.seal(words, collection))".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func read(_ token: String, _ collection: String) -> Position? {
        let padded = token.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - padded.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded + padding),
            let parts = String(validating: data, as: UTF8.self)?.split(separator: "."), parts.count == 3,
            let createdAt = Int64(parts[0]), parts[2] == seal("\(parts[0]).\(parts[1])", collection)
        else { return nil }
        return Position(createdAt: createdAt, id: String(parts[1]))
    }

    /// Tells tokens of ours, and of this collection, from anything else; it keeps no secret.
    private static func seal(_ words: String, _ collection: String) -> String {
        String(Identity.derivedID("page", collection, words).prefix(12))
    }
}
