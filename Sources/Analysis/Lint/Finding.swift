package import Model

/// Something about a policy that its author may not have meant.
package struct Finding: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The rules before it decide all that it matches, some of it otherwise.
        case shadowed
        /// Without it every packet would be judged as it is.
        case redundant
        /// The rules before it decide all that it matches, and all of it otherwise.
        case contradictory
        /// It can match nothing that exists.
        case irrelevant
        /// Another rule of its list could say it as well, a little widened.
        case consolidatable
        /// It admits every protocol from or to everywhere.
        case overWide = "over-wide"
        /// A part of what it matches is decided otherwise by rules before it.
        case overlap
        /// A network ACL's rule that treats parts of its own subnet differently.
        case subnetSplit = "subnet-split"
        /// An address of a network ACL's rule that none of its subnets has.
        case outOfRange = "out-of-range"
        /// A group that no interface carries, or a network ACL that no subnet names.
        case unattached
        /// A group that rules name and nobody is in.
        case noMembers = "no-members"
        /// Packets are accepted whose answers are refused.
        case answerRefused = "answer-refused"
    }

    package let kind: Kind
    /// Where: `shop/web`, the VPC with its group or network ACL, or an interface's name.
    package let place: String
    /// The rule's text; nil where it is about the whole list.
    package let rule: String?
    /// The rules that are why, in their order.
    package let by: [String]
    /// A packet that shows it; nil where there is none, as nothing can match.
    package let witness: FlowKey?

    init(_ kind: Kind, _ place: String, rule: String? = nil, by: [String] = [], witness: FlowKey? = nil) {
        self.kind = kind
        self.place = place
        self.rule = rule
        self.by = by
        self.witness = witness
    }
}
