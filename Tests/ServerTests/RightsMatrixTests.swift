import Foundation
import HTTPTypes
import Registry
import Server
import Service
import Testing

/// Every route of every API, as the APIs' own lists have them, asked for by every role, in the project and from another one.
///
/// `Fixtures/rights.txt` is the decision on each; a route that is not in it has none, and fails. `GATEHOUSE_RECORD=1` writes it anew:
/// read the difference as what it is, a change of rights.
@Suite struct RightsMatrixTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
        path: "Fixtures/rights.txt")

    @Test func `every route answers every role as the reviewed table says`() async throws {
        var world = try await RightsWorld()
        let callers = RightsWorld.Caller.all
        var lines = [
            "# Status of each route for each caller, with an empty body: 400 is let in. + tells of the project's objects.",
            "# own: a role in the project that has the objects, other: in another one. host: an enrolled one.",
            "route " + callers.map(\.name).joined(separator: " "),
        ]
        // Who reads comes first: a refused attempt is in the trail with the id that it named.
        let routes = world.routes
        var cells: [APIRoute: [String]] = [:]
        for route in routes.filter({ $0.method == .get }) + routes.filter({ $0.method != .get }) {
            for caller in callers {
                let cell = try await world.answer(route, caller)
                cells[route, default: []].append(cell)
                Self.check(cell, route, caller)
            }
        }
        for route in routes {
            let row = cells[route, default: []].joined(separator: " ")
            lines.append("\(route.method)_/\(route.path.joined(separator: "/")) \(row)")
        }
        let made = Self.aligned(lines)
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try made.joined(separator: "\n").appending("\n").write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let wanted = Set(try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n").map(String.init))
        let undecided = made.filter { !wanted.contains($0) }
        let gone = wanted.subtracting(made)
        #expect(undecided == [], "no decision in Fixtures/rights.txt")
        #expect(gone == [], "decisions on what is not so")
    }

    /// What holds for every route, whatever the table says.
    private static func check(_ cell: String, _ route: APIRoute, _ caller: RightsWorld.Caller) {
        let place = "\(route.method) /\(route.path.joined(separator: "/")) for \(caller.name)"
        switch caller {
        case .nobody, .host:
            #expect(!cell.hasSuffix("+"), "\(place): \(cell)")
        case .role(.admin, _), .role(.auditor, _), .role(_, isOwn: true): break
        case .role(.service, isOwn: false):
            let isPorts = ["networks", "subnets", "ports"].contains { route.path.contains($0) }
            #expect(!cell.hasSuffix("+") || isPorts, "\(place): \(cell)")
        case .role(_, isOwn: false): #expect(!cell.hasSuffix("+"), "\(place): \(cell)")
        }
        #expect(!cell.hasPrefix("5"), "\(place): \(cell)")
    }

    private static func aligned(_ lines: [String]) -> [String] {
        let rows = lines.filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").map(String.init) }
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let table = rows.map { row in
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            return cells.joined(separator: "  ").replacing("_/", with: " /").trimmingCharacters(in: .whitespaces)
        }
        return lines.filter { $0.hasPrefix("#") } + table
    }

    @Test func `what no list has is not served`() async throws {
        let server = try await ServerUnderTest()
        for (method, path, status) in [
            (HTTPRequest.Method.post, "/health", 404), (.delete, "/metrics", 404),
            (.put, "/networking/v2.0/networks", 405),
            (.put, "/networking/v2.0/security-group-rules/x", 405), (.get, "/networking/v2.0/nothing", 404),
            (.post, "/identity/v3/roles", 404), (.delete, "/identity/token", 405), (.patch, "/api/hosts", 404),
            (.post, "/v1/regions", 404), (.get, "/", 200), (.post, "/", 404),
        ] {
            let query = path.hasPrefix("/v1") ? "?version=2026-10-06&generation=2" : ""
            let answer = await server.call(method, path + query)
            #expect(answer.status.code == status, "\(method) \(path): \(answer.status.code)")
        }
    }
}
