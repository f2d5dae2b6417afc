import Host

/// What an option says, or the environment in its place, with the name of who says it.
struct Setting: Hashable, Sendable, CustomStringConvertible {
    /// `--server`, or `GATEHOUSE_SERVER`.
    let name: String
    let value: String

    var description: String { "\(name) \(value)" }

    /// The option wins; an empty variable says nothing.
    init?(
        _ option: String?, _ name: String, variable: String? = nil,
        environment: [String: String] = ChildProcess.inheritedEnvironment()
    ) {
        if let option {
            self.init(name: name, value: option)
        } else if let variable, let value = environment[variable], !value.isEmpty {
            self.init(name: variable, value: value)
        } else {
            return nil
        }
    }

    init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// The bytes of the file that is named.
    func file() throws -> [UInt8] {
        let bytes: [UInt8]?
        do {
            bytes = try DurableFile.read(value)
        } catch {
            throw NotFound("\(self): it cannot be read (\(error)); name a file that you may read")
        }
        guard let bytes else { throw NotFound("\(self): there is no such file") }
        return bytes
    }
}
