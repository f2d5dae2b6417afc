/// Ports, a bit each: asked for every record.
struct PortSet: ExpressibleByArrayLiteral, Sendable {
    private var words = [UInt64](repeating: 0, count: 1024)

    init(arrayLiteral ports: UInt16...) {
        for port in ports { words[Int(port >> 6)] |= 1 << UInt64(port & 63) }
    }

    func contains(_ port: UInt16) -> Bool { words[Int(port >> 6)] & 1 << UInt64(port & 63) != 0 }
}

/// What ports are known for.
enum ServicePorts {
    /// Where people and programs log in, and passwords are tried.
    static let login: PortSet = [21, 22, 23, 110, 143, 445, 587, 993, 995, 2222, 3389, 5900, 5985, 5986]
    /// Databases: within a network a connection for each question is usual, from outside it is a login.
    static let database: PortSet = [389, 636, 1433, 1521, 3306, 5432, 6379, 9200, 27017]
    /// From where a machine is administered.
    static let administration: PortSet = [22, 23, 135, 139, 445, 2222, 2375, 3389, 5900, 5985, 5986, 10250]
    /// Datagrams that want no answer: syslog, traps, flow exports, statistics, tunnels, discovery, DHCP.
    static let unanswered: PortSet = [
        67, 68, 69, 123, 137, 138, 161, 162, 514, 546, 547, 1900, 2055, 3702, 4739, 4789, 5353, 5355, 6081, 6343, 8125,
        8472,
        9995, 9996,
    ]
    /// What machines do on their own at regular times, by port: DNS, DHCP, NTP.
    static let housekeeping: PortSet = [53, 67, 68, 123, 546, 547, 853]
    /// Services above 1023 whose answers are known by their port.
    private static let high: PortSet = [
        1433, 1521, 2222, 2375, 2379, 2380, 3000, 3128, 3306, 3389, 4222, 5000, 5044, 5432, 5601, 5672, 5900, 5985,
        5986, 6379,
        6443, 7001, 8000, 8008, 8080, 8081, 8086, 8443, 8888, 9000, 9042, 9090, 9092, 9093, 9100, 9200, 9300, 10250,
        11211,
        15672, 25565, 27017,
    ]

    /// Whether a port is one of a service.
    static func isService(_ port: UInt16) -> Bool { port > 0 && (port < 1024 || high.contains(port)) }

    /// Whether a port is one that a system gives to a client: Linux from 32768 on, others from 49152 on.
    static func isEphemeral(_ port: UInt16) -> Bool { port >= 32_768 }

    /// Whether ends look like those of an answer: from a service, or from below the clients' ports, to a client's port.
    static func isAnswer(from source: UInt16, to target: UInt16) -> Bool {
        if isService(source) { return !isService(target) && target >= 1024 }
        return source > 0 && !isEphemeral(source) && isEphemeral(target)
    }

    /// Datagrams of traceroute, each to the next port.
    static let traceroute: ClosedRange<UInt16> = 33_434...33_625
}
