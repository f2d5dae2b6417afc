/// Values by number, each once.
struct Numbering<Value: Hashable & Sendable>: Sendable {
    private(set) var values: [Value] = []
    private var numbers: [Value: Int32] = [:]

    subscript(_ number: Int32) -> Value { values[Int(number)] }

    func known(_ value: Value) -> Int32? { numbers[value] }

    mutating func number(_ value: Value) -> Int32 {
        if let known = numbers[value] { return known }
        let number = Int32(values.count)
        values.append(value)
        numbers[value] = number
        return number
    }
}
