import HTTPTypes
import Service

/// The description of the native interface, served at `/api/openapi.json`. It is drawn from the routes themselves.
enum OpenAPI {
    static func document(_ call: Call, _ routes: [NativeRoute]) -> JSON {
        var paths = JSONObject()
        for route in routes {
            var methods = paths[route.path]?.members ?? JSONObject()
            methods[route.method.rawValue.lowercased()] = describe(route)
            paths[route.path] = .object(methods)
        }
        return .object([
            "openapi": "3.1.0",
            "info": .object([
                "title": "Gatehouse", "version": "0.1.0",
                "description":
                    "Gatehouse's own interface. Errors are {\"error\": {code, title, message}}; every answer bears X-Openstack-Request-Id.",
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

    private static func describe(_ route: NativeRoute) -> JSON {
        let inPath = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part -> JSON in
            .object([
                "name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": .bool(true),
                "schema": .object(["type": "string"]),
            ])
        }
        let inQuery = route.parameters.map { name, text -> JSON in
            .object([
                "name": .string(name), "in": "query", "description": .string(text),
                "schema": .object(["type": "string"]),
            ])
        }
        var described = JSONObject([
            ("summary", .string(route.summary)), ("parameters", .array(inPath + inQuery)),
            (
                "responses",
                .object([
                    "2XX": .object(["description": "Done."]),
                    "4XX": .object(["description": "Refused; nothing was changed."]),
                ])
            ),
        ])
        // No program that waits for a whole answer may call it.
        if route.isEndless { described["x-endless"] = .bool(true) }
        if let body = route.body {
            described["requestBody"] = .object([
                "content": .object([
                    "application/json": .object(["example": JSON(parsing: Array(body.utf8)) ?? .null])
                ])
            ])
        }
        return .object(described)
    }
}
