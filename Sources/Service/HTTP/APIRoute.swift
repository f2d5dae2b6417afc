package import HTTPTypes

/// One route of an API. What is not in an API's list the front door does not lead to; from the lists the matrix of rights is made.
package struct APIRoute: Hashable, Sendable {
    package let method: HTTPRequest.Method
    /// Its parts; `{id}` is any one, `{name...}` at the end one or more.
    package let path: [String]

    /// * `path`: below the API's mount: `security_groups/{id}/rules`.
    package init(_ method: HTTPRequest.Method, _ path: String) {
        self.init(method, path.split(separator: "/").map(String.init))
    }

    package init(_ method: HTTPRequest.Method, _ path: [String]) {
        self.method = method
        self.path = path
    }

    /// The same method on several paths.
    package static func routes(_ method: HTTPRequest.Method, _ paths: [String]) -> [APIRoute] {
        paths.map { APIRoute(method, $0) }
    }

    /// Whether a path is one of the route's, whatever the method.
    package func leads(to path: [String]) -> Bool {
        let isOpen = self.path.last?.hasSuffix("...}") == true
        guard isOpen ? path.count >= self.path.count : path.count == self.path.count else { return false }
        return zip(self.path, path).allSatisfy { part, given in part.hasPrefix("{") || part == given }
    }

    /// Whether a call, without its mount point, is for this route.
    package func admits(_ call: Call) -> Bool { method == call.method && leads(to: call.path) }
}

extension Sequence<APIRoute> {
    package func admit(_ call: Call) -> Bool { contains { $0.admits(call) } }
}
