/// What must hold of a policy, whatever else it says: checked before a change is taken.
package struct PolicyAssertion: Hashable, Sendable, Codable {
    package enum Claim: String, Hashable, Sendable, Codable, CaseIterable {
        /// Every packet of the service passes, and its answer.
        case reaches
        /// No packet of the service passes.
        case never
        /// Nobody else reaches the target, and the source by nothing but the service.
        case only
    }

    /// Who is meant.
    package enum End: Hashable, Sendable, Codable {
        case any
        /// Every address that no interface has.
        case outside
        /// Whoever carries the group of this name, in any VPC.
        case group(String)
        /// An instance, or `INSTANCE/INTERFACE`.
        case interface(String)
    }

    package let claim: Claim
    package let source: End
    package let target: End
    package let service: Service

    package init(_ claim: Claim, source: End, target: End, service: Service) {
        self.claim = claim
        self.source = source
        self.target = target
        self.service = service
    }

    /// In the policy file's words: `only group:app reaches group:db on tcp/5432`.
    package var text: String {
        let on = service == .any ? "" : " on \(service)"
        switch claim {
        case .reaches: return "\(source) reaches \(target)\(on)"
        case .never: return "\(source) never reaches \(target)\(on)"
        case .only: return "only \(source) reaches \(target)\(on)"
        }
    }
}

extension PolicyAssertion.End: CustomStringConvertible {
    package var description: String {
        switch self {
        case .any: "any"
        case .outside: "outside"
        case .group(let name): "group:\(name)"
        case .interface(let name): name
        }
    }
}
