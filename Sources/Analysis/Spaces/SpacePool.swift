import Model

/// Packet spaces by number, so that equal ones are known to be equal and nothing is worked out twice.
struct SpacePool {
    private struct Work: Hashable {
        let first: Int32
        let second: Int32
        let operation: SetOperation
    }

    /// What a space lies in, of one that has a single protocol.
    private struct Outline {
        let transport: UInt8
        let rectangle: Region.Rectangle
    }

    private var spaces: [PacketSpace] = []
    private var outlines: [Outline?] = []
    private var numbers: [PacketSpace: Int32] = [:]
    private var known: [Work: Int32] = [:]
    private var asked: [Int32: Int32] = [:]
    private var emptyNumbers: [AddressFamily: Int32] = [:]
    private var allNumbers: [AddressFamily: Int32] = [:]

    init() {
        for family in AddressFamily.allCases {
            emptyNumbers[family] = number(.empty(family))
            allNumbers[family] = number(.all(family))
        }
    }

    subscript(_ number: Int32) -> PacketSpace { spaces[Int(number)] }

    func empty(_ family: AddressFamily) -> Int32 { emptyNumbers[family] ?? 0 }
    func all(_ family: AddressFamily) -> Int32 { allNumbers[family] ?? 0 }

    mutating func number(_ space: PacketSpace) -> Int32 {
        if let known = numbers[space] { return known }
        let number = Int32(spaces.count)
        spaces.append(space)
        outlines.append(space.outline.map { Outline(transport: $0.transport, rectangle: $0.rectangle) })
        numbers[space] = number
        return number
    }

    mutating func combine(_ first: Int32, _ second: Int32, _ operation: SetOperation) -> Int32 {
        if first == second {
            return operation == .difference
                ? number(spaces[Int(first)].combined(spaces[Int(first)], .difference)) : first
        }
        if operation != .union, areApart(first, second) {
            return operation == .difference ? first : number(.empty(spaces[Int(first)].family))
        }
        let work = Work(first: first, second: second, operation: operation)
        if let result = known[work] { return result }
        let result = number(spaces[Int(first)].combined(spaces[Int(second)], operation))
        known[work] = result
        return result
    }

    /// Whether two spaces are seen to have nothing in common without looking at them closely.
    private func areApart(_ first: Int32, _ second: Int32) -> Bool {
        guard let one = outlines[Int(first)], let other = outlines[Int(second)] else { return false }
        return one.transport != other.transport || !one.rectangle.first.overlaps(other.rectangle.first)
            || !one.rectangle.second.overlaps(other.rectangle.second)
    }

    mutating func asked(_ number: Int32) -> Int32 {
        if let result = asked[number] { return result }
        let result = self.number(spaces[Int(number)].asked)
        asked[number] = result
        return result
    }
}
