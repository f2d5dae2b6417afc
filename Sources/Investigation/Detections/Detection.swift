/// One way to find something: it goes through records in their order, and its state steps by their times alone.
///
/// The same records leave the same findings, live or replayed: no clock, no chance, no order of a dictionary.
protocol Detection: AnyObject {
    func take(_ sight: Sight, _ book: FindingBook)

    /// The same for several, one after the other.
    func take(_ sights: [Sight], _ book: FindingBook)

    /// Tells what only the whole shows: shapes, and what turned out to be usual.
    func finish(_ book: FindingBook)

    /// Entries that went for want of room.
    var evicted: Int { get }
}

extension Detection {
    func take(_ sights: [Sight], _ book: FindingBook) {
        for sight in sights { take(sight, book) }
    }

    func finish(_ book: FindingBook) {}
}

/// A record with what all detections ask of it.
struct Sight {
    let flow: Observation
    /// Mixed keys of both addresses, of the pair, and of the pair with the service.
    let initiatorKey: UInt64
    let targetKey: UInt64
    let pairKey: UInt64
    let contactKey: UInt64
    let isInitiatorOwn: Bool
    let isTargetOwn: Bool
    /// Multicast and broadcast, which many hear and few answer.
    let isToGroup: Bool
    /// This pair did not meet at this service before, as far as is remembered.
    let isFirstContact: Bool
    /// It looks like a late answer of a service, not like a request.
    let isBackscatter: Bool
    /// Another interface told of the same session already: it is counted there.
    let isEcho: Bool
    /// When the records began.
    let beginning: Int64

    /// Whether it tells a request, of which nothing was told before.
    var isRequest: Bool { !flow.isReply && !flow.isContinuing && !isToGroup && !isBackscatter && !isEcho }
    /// Microseconds since the records began.
    var age: Int64 { flow.start - beginning }
}
