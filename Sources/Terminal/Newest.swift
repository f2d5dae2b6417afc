/// The last elements of many, in their order.
package struct Newest<Element> {
    private let limit: Int?
    private var kept: [Element] = []

    /// - Parameter limit: How many are kept; nil keeps all.
    package init(limit: Int?) { self.limit = limit }

    package mutating func add(_ element: Element) {
        kept.append(element)
        // Cut off seldom, so that a long listing is not moved for each row.
        if let limit, kept.count >= 2 * limit + 1000 { kept.removeFirst(kept.count - limit) }
    }

    package var elements: ArraySlice<Element> { limit.map { kept.suffix($0) } ?? kept[...] }
}
