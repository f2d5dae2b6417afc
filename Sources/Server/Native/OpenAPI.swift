import Registry

/// The description of the native interface, served at `/api/openapi.json`. A test holds its paths against the routes.
enum OpenAPI {
    private struct Operation {
        let path: String
        let method: String
        let summary: String
        var parameters: [(name: String, text: String)] = []
        var body: String?
    }

    private static let operations = [
        Operation(
            path: "/audit", method: "get",
            summary:
                "Entries of the trail, oldest first; with `request` also since when each host has the change. Of every "
                + "project for administrators and auditors, of the caller's for managers.",
            parameters: [
                ("group", "Id of a group."), ("interface", "Id of an interface."), ("instance", "Id of an instance."),
                ("target", "Id of any object; one of these four."),
                ("kind", "What it is about: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))."),
                ("actor", "Name or id of who did it."), ("request", "Request id that the caller was told."),
                ("action", "An action, or its beginning."), ("outcome", "success or failure."),
                ("since", "RFC 3339."), ("until", "RFC 3339."), ("limit", "The newest so many, 1 to 100000."),
                ("format", "json (default), jsonl or cadf."),
            ]),
        Operation(
            path: "/audit/verify", method: "get",
            summary: "Whether the trail's chain of hashes is whole; for administrators and auditors."),
        Operation(
            path: "/hosts", method: "get",
            summary: "Every host: state, revisions, how far its clock is ahead (ns), what its agent says."),
        Operation(
            path: "/hosts", method: "post",
            summary: "Makes a token that enrols a host of this name once, within a day.",
            body: "{\"host\": {\"name\": \"node-1\"}}"),
        Operation(path: "/hosts/{name}", method: "delete", summary: "Turns a host away."),
        Operation(
            path: "/revisions", method: "get", summary: "The newest revisions: who made them, when, by which request.",
            parameters: [("limit", "1 to 1000; 100 when left out.")]),
        Operation(
            path: "/revisions/{number}", method: "get",
            summary: "Everything as it was after a revision; `at` for the number takes the instant `time`.",
            parameters: [("time", "RFC 3339, with /revisions/at.")]),
        Operation(path: "/buckets", method: "get", summary: "The buckets that the caller's project may use."),
        Operation(
            path: "/buckets", method: "post",
            summary: "Makes a bucket of the caller's project, or one for all projects.",
            body: "{\"bucket\": {\"name\": \"flowlogs\", \"url\": \"file:flowlogs\", \"shared\": false}}"),
        Operation(
            path: "/buckets/{name}", method: "patch",
            summary:
                "Says which other projects may fill a bucket, by name or id; tells which collectors that stops.",
            body: "{\"bucket\": {\"projects\": [\"rival\"]}}"),
        Operation(path: "/buckets/{name}", method: "delete", summary: "Forgets a bucket that no collector fills."),
        Operation(
            path: "/buckets/{name}/test", method: "post",
            summary: "Puts an object into a bucket and takes it away; says what failed and how to mend it."),
        Operation(
            path: "/policy", method: "post",
            summary: "Makes the caller's project what a policy says, in one change; or tells what that would be.",
            body: "{\"policy\": {}, \"host\": \"node-1\", \"prunes\": false, \"isPlan\": true}"),
    ]

    static func document(_ call: Call) -> JSON {
        var paths = JSONObject()
        for operation in operations {
            var methods = paths[operation.path]?.members ?? JSONObject()
            methods[operation.method] = describe(operation)
            paths[operation.path] = .object(methods)
        }
        return .object([
            "openapi": "3.1.0",
            "info": .object([
                "title": "Gatehouse", "version": "0.1.0",
                "description":
                    "Gatehouse's own interface. Errors are {\"NeutronError\": {type, message, detail}}; every answer bears X-Openstack-Request-Id.",
            ]),
            "servers": .array([.object(["url": .string("\(call.base)/api")])]),
            "components": .object([
                "securitySchemes": .object([
                    "token": .object(["type": "apiKey", "in": "header", "name": "X-Auth-Token"])
                ])
            ]),
            "security": .array([.object(["token": .array([])])]), "paths": .object(paths),
        ])
    }

    private static func describe(_ operation: Operation) -> JSON {
        let inPath = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part -> JSON in
            .object([
                "name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": .bool(true),
                "schema": .object(["type": "string"]),
            ])
        }
        let inQuery = operation.parameters.map { name, text -> JSON in
            .object([
                "name": .string(name), "in": "query", "description": .string(text),
                "schema": .object(["type": "string"]),
            ])
        }
        var described = JSONObject([
            ("summary", .string(operation.summary)), ("parameters", .array(inPath + inQuery)),
            (
                "responses",
                .object([
                    "2XX": .object(["description": "Done."]),
                    "4XX": .object(["description": "Refused; nothing was changed."]),
                ])
            ),
        ])
        if let body = operation.body {
            described["requestBody"] = .object([
                "content": .object([
                    "application/json": .object(["example": JSON(parsing: Array(body.utf8)) ?? .null])
                ])
            ])
        }
        return .object(described)
    }
}
