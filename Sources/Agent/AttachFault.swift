import Model

/// Why a device is not made an interface's; nothing is changed then.
enum AttachFault: Error, Equatable, CustomStringConvertible {
    case noVPC(String, known: [String])
    case whichVPC([String])
    case whichSubnet([String])
    case noInstance
    case noInterface(String)
    case noGroup(String, vpc: String, known: [String])
    case mixedGroups([String])
    case notOfSubnet(IPAddress, vpc: String)
    case differs(String, what: String, said: String, asked: String)
    case notEnforced(String)
    case notAttached(String)
    case badName(String, what: String, longest: Int)

    var description: String {
        switch self {
        case .noVPC(let name, let known):
            "there is no VPC \"\(name)\"; " + Suggestion.mend(name, among: known, none: "define it in the policy")
        case .whichVPC(let names):
            names.isEmpty
                ? "the policy has no VPC that the interface could be in; apply a policy first"
                : "it could be in VPCs \(names.joined(separator: ", ")); say which with --vpc"
        case .whichSubnet(let names):
            "its address could come by DHCP in \(names.joined(separator: ", ")); say which VPC with --vpc, or give --address"
        case .noInstance:
            "nothing says which interface it is; give --instance, or the --mac of an interface of the policy"
        case .noInterface(let label):
            "the policy has no interface \(label); give --address and --groups to make one, or name one of the policy"
        case .noGroup(let name, let vpc, let known):
            "there is no group \"\(name)\" in VPC \"\(vpc)\"; "
                + Suggestion.mend(
                    name, among: known + ReadyMadeGroup.allCases.map(\.rawValue), none: "define it in the policy")
        case .mixedGroups(let names):
            "groups \(names.joined(separator: ", ")) are stateful and stateless; attach groups of one kind"
        case .notOfSubnet(let address, let vpc):
            "address \(address) is in no subnet of VPC \"\(vpc)\"; give one that is, or add a subnet to the policy"
        case .differs(let label, let what, let said, let asked):
            "the policy says that \(label) has \(what) \(said), and not \(asked); leave it out, or change the policy"
        case .notEnforced(let line): "not attached, because it could not be enforced there: \(line)"
        case .notAttached(let label): "no device is attached to \(label)"
        case .badName(let name, let what, let longest):
            "\"\(name.prefix(80))\" is no name of \(what); use 1 to \(longest) letters, digits, \"_\", \".\" and \"-\""
        }
    }
}
