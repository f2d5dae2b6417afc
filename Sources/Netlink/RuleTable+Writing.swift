import CNetlink

/// What is asked of nftables, written.
extension RuleTable {
    /// The attributes of a request for a set's elements.
    static func encodeDump(of set: String, table: String, _ builder: inout MessageBuilder) {
        builder.attribute(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), text: table)
        builder.attribute(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), text: set)
    }

    /// One step of a transaction.
    package enum Step: Equatable, Sendable {
        /// Adds an element; it must not be there.
        case add(set: String, key: [UInt8])
        /// Adds an element that jumps to a chain; should the chain end, the rule after the map goes on.
        case addJump(map: String, key: [UInt8], chain: String)
        /// Adds an element that gives a value.
        case addValue(map: String, key: [UInt8], value: [UInt8])
        case remove(set: String, key: [UInt8])
        case addChain(String)
        /// Adds a rule without matches that jumps to a chain and comes back.
        case addJumpRule(chain: String, to: String)
        /// Adds a rule without matches that goes to a chain and does not come back.
        case addGotoRule(chain: String, to: String)
        /// A step in another table, at the same instant.
        indirect case elsewhere(TableName, Step)
    }

    fileprivate static func encodeElement(
        _ set: String, _ key: [UInt8], table: String, _ builder: inout MessageBuilder,
        data: ((inout MessageBuilder) -> Void)? = nil
    ) {
        builder.attribute(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), text: table)
        builder.attribute(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), text: set)
        builder.nested(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)) {
            $0.nested(UInt16(NFTA_LIST_ELEM.rawValue)) {
                $0.nested(UInt16(NFTA_SET_ELEM_KEY.rawValue)) { $0.attribute(UInt16(NFTA_DATA_VALUE.rawValue), key) }
                if let data { $0.nested(UInt16(NFTA_SET_ELEM_DATA.rawValue), data) }
            }
        }
    }

    fileprivate static func encodeVerdict(_ code: Int32, _ chain: String, _ builder: inout MessageBuilder) {
        builder.nested(UInt16(NFTA_DATA_VERDICT.rawValue)) {
            $0.attribute(UInt16(NFTA_VERDICT_CODE.rawValue), big: code)
            $0.attribute(UInt16(NFTA_VERDICT_CHAIN.rawValue), text: chain)
        }
    }
}

extension RuleTable.Step {
    /// Writes the step's message; `end` closes it.
    func encode(_ builder: inout MessageBuilder, table name: TableName, _ sequence: UInt32) {
        let table = name.name
        let flags = UInt16(NLM_F_REQUEST | NLM_F_ACK)
        func begin(_ message: UInt32, _ extra: Int32 = 0) {
            builder.begin(
                type: RuleTable.type(message), flags: flags | UInt16(extra), sequence: sequence,
                family: name.family.rawValue)
        }
        switch self {
        case .elsewhere(let other, let step): step.encode(&builder, table: other, sequence)
        case .add(let set, let key):
            begin(NFT_MSG_NEWSETELEM.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            RuleTable.encodeElement(set, key, table: table, &builder)
        case .addJump(let map, let key, let chain):
            begin(NFT_MSG_NEWSETELEM.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            RuleTable.encodeElement(map, key, table: table, &builder) {
                RuleTable.encodeVerdict(NFT_JUMP.rawValue, chain, &$0)
            }
        case .addValue(let map, let key, let value):
            begin(NFT_MSG_NEWSETELEM.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            RuleTable.encodeElement(map, key, table: table, &builder) {
                $0.attribute(UInt16(NFTA_DATA_VALUE.rawValue), value)
            }
        case .remove(let set, let key):
            begin(NFT_MSG_DELSETELEM.rawValue)
            RuleTable.encodeElement(set, key, table: table, &builder)
        case .addChain(let chain):
            begin(NFT_MSG_NEWCHAIN.rawValue, NLM_F_CREATE | NLM_F_EXCL)
            builder.attribute(UInt16(NFTA_CHAIN_TABLE.rawValue), text: table)
            builder.attribute(UInt16(NFTA_CHAIN_NAME.rawValue), text: chain)
        case .addJumpRule(let chain, let target), .addGotoRule(let chain, let target):
            begin(NFT_MSG_NEWRULE.rawValue, NLM_F_CREATE | NLM_F_APPEND)
            builder.attribute(UInt16(NFTA_RULE_TABLE.rawValue), text: table)
            builder.attribute(UInt16(NFTA_RULE_CHAIN.rawValue), text: chain)
            let verdict: Int32 = if case .addJumpRule = self { NFT_JUMP.rawValue } else { NFT_GOTO.rawValue }
            builder.nested(UInt16(NFTA_RULE_EXPRESSIONS.rawValue)) {
                $0.nested(UInt16(NFTA_LIST_ELEM.rawValue)) {
                    $0.attribute(UInt16(NFTA_EXPR_NAME.rawValue), text: "immediate")
                    $0.nested(UInt16(NFTA_EXPR_DATA.rawValue)) {
                        $0.attribute(UInt16(NFTA_IMMEDIATE_DREG.rawValue), big: UInt32(0))  // NFT_REG_VERDICT
                        $0.nested(UInt16(NFTA_IMMEDIATE_DATA.rawValue)) {
                            RuleTable.encodeVerdict(verdict, target, &$0)
                        }
                    }
                }
            }
        }
    }
}
