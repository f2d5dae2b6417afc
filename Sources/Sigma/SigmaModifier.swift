/// The modifiers of Sigma 2.1 that stand behind a field, in one list.
enum SigmaModifier: String, CaseIterable {
    case contains, startswith, endswith, all, cased, exists, neq
    case lt, lte, gt, gte
    case re, i, m, s, cidr, fieldref, expand
    case minute, hour, day, week, month, year
    case base64, base64offset, wide, utf16le, utf16be, utf16, windash

    /// What of an instant is compared.
    enum Part: Hashable, Sendable {
        case minute, hour, day, week, month, year
    }

    var part: Part? {
        switch self {
        case .minute: .minute
        case .hour: .hour
        case .day: .day
        case .week: .week
        case .month: .month
        case .year: .year
        case .contains, .startswith, .endswith, .all, .cased, .exists, .neq, .lt, .lte, .gt, .gte, .re, .i, .m, .s,
            .cidr,
            .fieldref, .expand, .base64, .base64offset, .wide, .utf16le, .utf16be, .utf16, .windash:
            nil
        }
    }
}
