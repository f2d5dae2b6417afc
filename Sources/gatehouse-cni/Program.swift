import Foundation
import Host
import Integrations

/// The CNI plugin's program: a call each, by environment and standard input.
@main enum Program {
    static func main() {
        let input = (try? FileHandle.standardInput.read(upToCount: CNIPlugin.inputLimit + 1)) ?? nil
        let (output, code) = CNIPlugin.answer(
            environment: ChildProcess.inheritedEnvironment(), input: Array(input ?? Data()))
        FileHandle.standardOutput.write(Data(output))
        exit(code)
    }
}
