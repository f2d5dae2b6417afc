import Documents
import Model

extension JudgingMode {
    /// Reads `observe: true`; without it, and of `false`, refusals are enforced.
    static func read(_ value: FileValue?) -> JudgingMode? { value?.flag() == true ? .observe : nil }
}
