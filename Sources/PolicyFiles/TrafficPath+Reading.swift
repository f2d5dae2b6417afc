import Documents
import Model

extension TrafficPath {
    /// Reads `collect: {within_subnets: true, …}`: the paths that are on; those that are not named are off.
    static func readAll(_ value: FileValue) -> [TrafficPath]? {
        guard let fields = value.fields(allCases.map(\.rawValue)) else { return nil }
        return allCases.filter { fields[$0.rawValue]?.flag() == true }
    }
}
