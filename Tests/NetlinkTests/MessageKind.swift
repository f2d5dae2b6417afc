/// How an attribute's payload is to be shown.
enum AttributeForm {
    case bytes
    /// In network byte order.
    case number
    case hostNumber
    case text
}

/// Names of the attributes of one level.
struct AttributeNames {
    struct Known {
        let name: String
        var form: AttributeForm = .bytes
        var nested: AttributeNames?
    }

    var known: [Int: Known] = [:]
    private var element: [Known] = []
    /// What every attribute is, in a list of equal elements.
    var each: Known? { element.first }

    init(_ known: [Int: Known] = [:]) { self.known = known }

    init(each: Known) { element = [each] }
}

/// The subsystem that a message belongs to, by the kernel's uapi headers.
enum MessageKind {
    case conntrack
    case packetLog
    case nftables
    case route

    func name(ofType type: Int) -> String {
        if self == .route, let name = Self.routeTypes[type] { return name }
        switch type {
        case 2: return "NLMSG_ERROR"
        case 3: return "NLMSG_DONE"
        case 16: return "NFNL_MSG_BATCH_BEGIN"
        case 17: return "NFNL_MSG_BATCH_END"
        default: break
        }
        let names: [String] =
            switch self {
            case .conntrack: ["IPCTNL_MSG_CT_NEW", "IPCTNL_MSG_CT_GET", "IPCTNL_MSG_CT_DELETE"]
            case .packetLog: ["NFULNL_MSG_PACKET", "NFULNL_MSG_CONFIG"]
            case .nftables:
                [
                    "NFT_MSG_NEWTABLE", "NFT_MSG_GETTABLE", "NFT_MSG_DELTABLE", "NFT_MSG_NEWCHAIN", "NFT_MSG_GETCHAIN",
                    "NFT_MSG_DELCHAIN", "NFT_MSG_NEWRULE", "NFT_MSG_GETRULE", "NFT_MSG_DELRULE", "NFT_MSG_NEWSET",
                    "NFT_MSG_GETSET", "NFT_MSG_DELSET", "NFT_MSG_NEWSETELEM", "NFT_MSG_GETSETELEM",
                    "NFT_MSG_DELSETELEM", "NFT_MSG_NEWGEN", "NFT_MSG_GETGEN",
                ]
            case .route: []
            }
        let number = type & 0xff
        return number < names.count ? names[number] : "\(type)"
    }

    private static let routeTypes = [
        16: "RTM_NEWLINK", 17: "RTM_DELLINK", 20: "RTM_NEWADDR", 21: "RTM_DELADDR", 24: "RTM_NEWROUTE",
        25: "RTM_DELROUTE", 80: "RTM_NEWNETCONF",
    ]

    private static let routeHeads: [Int: [(name: String, count: Int)]] = [
        16: [
            ("ifinfomsg.ifi_family", 1), ("pad", 1), ("ifinfomsg.ifi_type", 2), ("ifinfomsg.ifi_index", 4),
            ("ifinfomsg.ifi_flags", 4), ("ifinfomsg.ifi_change", 4),
        ],
        20: [
            ("ifaddrmsg.ifa_family", 1), ("ifaddrmsg.ifa_prefixlen", 1), ("ifaddrmsg.ifa_flags", 1),
            ("ifaddrmsg.ifa_scope", 1), ("ifaddrmsg.ifa_index", 4),
        ],
        24: [
            ("rtmsg.rtm_family", 1), ("rtmsg.rtm_dst_len", 1), ("rtmsg.rtm_src_len", 1), ("rtmsg.rtm_tos", 1),
            ("rtmsg.rtm_table", 1), ("rtmsg.rtm_protocol", 1), ("rtmsg.rtm_scope", 1), ("rtmsg.rtm_type", 1),
            ("rtmsg.rtm_flags", 4),
        ],
        80: [("netconfmsg.ncm_family", 1), ("pad", 3)],
    ]

    func head(ofType type: Int) -> [(name: String, count: Int)] {
        if self == .route { return Self.routeHeads[type & ~3] ?? [] }
        return [("nfgenmsg.nfgen_family", 1), ("nfgenmsg.version", 1), ("nfgenmsg.res_id", 2)]
    }

    func attributes(ofType type: Int) -> AttributeNames {
        switch (self, type & 0xff) {
        case (.route, _): .route(type)
        case (_, _) where type < 256: AttributeNames()
        case (.conntrack, _): .conntrack
        case (.packetLog, 0): .packet
        case (.packetLog, _): .packetConfiguration
        case (.nftables, 3):
            .init([1: .init(name: "NFTA_CHAIN_TABLE", form: .text), 3: .init(name: "NFTA_CHAIN_NAME", form: .text)])
        case (.nftables, 6): .rule
        case (.nftables, 12), (.nftables, 13), (.nftables, 14): .elements
        case (.nftables, 15), (.nftables, 16):
            .init([
                1: .init(name: "NFTA_GEN_ID", form: .number), 2: .init(name: "NFTA_GEN_PROC_PID", form: .number),
                3: .init(name: "NFTA_GEN_PROC_NAME", form: .text),
            ])
        case (.nftables, _): AttributeNames()
        }
    }
}

extension AttributeNames {
    static func route(_ type: Int) -> AttributeNames {
        switch type & ~3 {
        case 16: .init([3: .init(name: "IFLA_IFNAME", form: .text), 4: .init(name: "IFLA_MTU", form: .hostNumber)])
        case 20:
            .init([
                1: .init(name: "IFA_ADDRESS"), 2: .init(name: "IFA_LOCAL"), 3: .init(name: "IFA_LABEL", form: .text),
                8: .init(name: "IFA_FLAGS", form: .hostNumber),
            ])
        case 24:
            .init([
                1: .init(name: "RTA_DST"), 4: .init(name: "RTA_OIF", form: .hostNumber),
                6: .init(name: "RTA_PRIORITY", form: .hostNumber), 15: .init(name: "RTA_TABLE", form: .hostNumber),
            ])
        default:
            .init([
                1: .init(name: "NETCONFA_IFINDEX", form: .hostNumber),
                2: .init(name: "NETCONFA_FORWARDING", form: .hostNumber),
                5: .init(name: "NETCONFA_PROXY_NEIGH", form: .hostNumber),
            ])
        }
    }

    private static let tuple = AttributeNames([
        1: .init(
            name: "CTA_TUPLE_IP",
            nested: .init([
                1: .init(name: "CTA_IP_V4_SRC"), 2: .init(name: "CTA_IP_V4_DST"), 3: .init(name: "CTA_IP_V6_SRC"),
                4: .init(name: "CTA_IP_V6_DST"),
            ])),
        2: .init(
            name: "CTA_TUPLE_PROTO",
            nested: .init([
                1: .init(name: "CTA_PROTO_NUM", form: .number), 2: .init(name: "CTA_PROTO_SRC_PORT", form: .number),
                3: .init(name: "CTA_PROTO_DST_PORT", form: .number), 4: .init(name: "CTA_PROTO_ICMP_ID", form: .number),
                5: .init(name: "CTA_PROTO_ICMP_TYPE", form: .number),
                6: .init(name: "CTA_PROTO_ICMP_CODE", form: .number),
                7: .init(name: "CTA_PROTO_ICMPV6_ID", form: .number),
                8: .init(name: "CTA_PROTO_ICMPV6_TYPE", form: .number),
                9: .init(name: "CTA_PROTO_ICMPV6_CODE", form: .number),
            ])),
    ])
    private static let counters = AttributeNames([
        1: .init(name: "CTA_COUNTERS_PACKETS", form: .number), 2: .init(name: "CTA_COUNTERS_BYTES", form: .number),
    ])

    static let conntrack = AttributeNames([
        1: .init(name: "CTA_TUPLE_ORIG", nested: tuple), 2: .init(name: "CTA_TUPLE_REPLY", nested: tuple),
        3: .init(name: "CTA_STATUS", form: .number),
        4: .init(
            name: "CTA_PROTOINFO",
            nested: .init([
                1: .init(
                    name: "CTA_PROTOINFO_TCP",
                    nested: .init([
                        1: .init(name: "CTA_PROTOINFO_TCP_STATE", form: .number),
                        2: .init(name: "CTA_PROTOINFO_TCP_WSCALE_ORIGINAL", form: .number),
                        3: .init(name: "CTA_PROTOINFO_TCP_WSCALE_REPLY", form: .number),
                        4: .init(name: "CTA_PROTOINFO_TCP_FLAGS_ORIGINAL"),
                        5: .init(name: "CTA_PROTOINFO_TCP_FLAGS_REPLY"),
                    ]))
            ])),
        7: .init(name: "CTA_TIMEOUT", form: .number), 8: .init(name: "CTA_MARK", form: .number),
        9: .init(name: "CTA_COUNTERS_ORIG", nested: counters), 10: .init(name: "CTA_COUNTERS_REPLY", nested: counters),
        11: .init(name: "CTA_USE", form: .number), 12: .init(name: "CTA_ID", form: .number),
        20: .init(
            name: "CTA_TIMESTAMP",
            nested: .init([
                1: .init(name: "CTA_TIMESTAMP_START", form: .number),
                2: .init(name: "CTA_TIMESTAMP_STOP", form: .number),
            ])),
    ])

    static let packet = AttributeNames([
        1: .init(name: "NFULA_PACKET_HDR, hw_protocol, hook, pad"), 2: .init(name: "NFULA_MARK", form: .number),
        3: .init(name: "NFULA_TIMESTAMP, seconds, microseconds"),
        4: .init(name: "NFULA_IFINDEX_INDEV", form: .number), 5: .init(name: "NFULA_IFINDEX_OUTDEV", form: .number),
        8: .init(name: "NFULA_HWADDR, length, pad, address"), 9: .init(name: "NFULA_PAYLOAD, from the IP header on"),
        10: .init(name: "NFULA_PREFIX", form: .text), 11: .init(name: "NFULA_UID", form: .number),
        12: .init(name: "NFULA_SEQ", form: .number), 14: .init(name: "NFULA_GID", form: .number),
        15: .init(name: "NFULA_HWTYPE", form: .number), 16: .init(name: "NFULA_HWHEADER, target, source, type"),
        17: .init(name: "NFULA_HWLEN", form: .number),
    ])
    static let packetConfiguration = AttributeNames([
        1: .init(name: "NFULA_CFG_CMD", form: .number),
        2: .init(name: "NFULA_CFG_MODE, copy_range, copy_mode, pad"),
        3: .init(name: "NFULA_CFG_NLBUFSIZ", form: .number), 4: .init(name: "NFULA_CFG_TIMEOUT", form: .number),
        5: .init(name: "NFULA_CFG_QTHRESH", form: .number), 6: .init(name: "NFULA_CFG_FLAGS", form: .number),
    ])

    private static let verdict = AttributeNames([
        1: .init(name: "NFTA_VERDICT_CODE", form: .number), 2: .init(name: "NFTA_VERDICT_CHAIN", form: .text),
    ])
    private static let data = AttributeNames([
        1: .init(name: "NFTA_DATA_VALUE"), 2: .init(name: "NFTA_DATA_VERDICT", nested: verdict),
    ])
    private static let counter = AttributeNames([
        1: .init(name: "NFTA_COUNTER_BYTES", form: .number), 2: .init(name: "NFTA_COUNTER_PACKETS", form: .number),
    ])
    private static let countingExpression = AttributeNames([
        1: .init(name: "NFTA_EXPR_NAME", form: .text), 2: .init(name: "NFTA_EXPR_DATA", nested: counter),
    ])
    static let elements = AttributeNames([
        1: .init(name: "NFTA_SET_ELEM_LIST_TABLE", form: .text), 2: .init(name: "NFTA_SET_ELEM_LIST_SET", form: .text),
        3: .init(
            name: "NFTA_SET_ELEM_LIST_ELEMENTS",
            nested: .init(
                each: .init(
                    name: "NFTA_LIST_ELEM",
                    nested: .init([
                        1: .init(name: "NFTA_SET_ELEM_KEY", nested: data),
                        2: .init(name: "NFTA_SET_ELEM_DATA", nested: data),
                        3: .init(name: "NFTA_SET_ELEM_FLAGS", form: .number),
                        7: .init(name: "NFTA_SET_ELEM_EXPR", nested: countingExpression),
                        11: .init(
                            name: "NFTA_SET_ELEM_EXPRESSIONS",
                            nested: .init(each: .init(name: "NFTA_LIST_ELEM", nested: countingExpression))),
                    ])))),
    ])
    static let rule = AttributeNames([
        1: .init(name: "NFTA_RULE_TABLE", form: .text), 2: .init(name: "NFTA_RULE_CHAIN", form: .text),
        4: .init(
            name: "NFTA_RULE_EXPRESSIONS",
            nested: .init(
                each: .init(
                    name: "NFTA_LIST_ELEM",
                    nested: .init([
                        1: .init(name: "NFTA_EXPR_NAME", form: .text),
                        2: .init(
                            name: "NFTA_EXPR_DATA",
                            nested: .init([
                                1: .init(name: "NFTA_IMMEDIATE_DREG", form: .number),
                                2: .init(name: "NFTA_IMMEDIATE_DATA", nested: data),
                            ])),
                    ])))),
    ])
}

/// Flags of a request, beside NLM_F_REQUEST.
enum Flags {
    /// NLM_F_ACK
    static let acknowledged: Int32 = 4
    /// NLM_F_DUMP
    static let dump: Int32 = 0x300
}
