import HTTPTypes
import Registry

/// Leads each call to the service that its path is mounted at.
package struct FrontDoor: Sendable {
    let identity: IdentityService
    let neutron: NeutronService
    let operations: OperationsService
    let native: NativeService
    let vpc: VPCService
    let iam: IAMExchange

    /// * `dataFolder`: where relative buckets are.
    init(
        registry: Registry, settings: ServerSettings, access: AccessFile, hosts: HostService, dataFolder: String,
        secrets: BucketSecrets
    ) {
        let authenticator = Authenticator(registry, admitsAnonymous: settings.admitsAnonymous)
        let probe = BucketProbe(dataFolder: dataFolder, registry: registry, secrets: secrets)
        identity = IdentityService(
            registry: registry, authenticator: authenticator, tokenLifetime: settings.tokenLifetime)
        neutron = NeutronService(
            registry: registry, authenticator: authenticator, identity: identity, policy: { access.policy })
        operations = OperationsService(registry: registry, hosts: hosts)
        native = NativeService(
            registry: registry, authenticator: authenticator, policy: { access.policy }, hosts: hosts, probe: probe,
            region: settings.served)
        vpc = VPCService(
            registry: registry, authenticator: authenticator, policy: { access.policy }, settings: settings,
            probe: probe)
        iam = IAMExchange(
            registry: registry, authenticator: authenticator, lifetime: settings.tokenLifetime)
    }

    /// Answers a call; what goes wrong inside is answered without saying what.
    package func answer(_ asked: Call) async -> Answer {
        let isVPC = asked.path.first == "v1"
        let call = isVPC ? VPCService.adopted(asked) : asked
        var answer: Answer
        do {
            answer = try await route(call)
        } catch let error as RegistryError where error.code == .tooManyAttempts {
            answer = NeutronError(error).answer
            answer.headers[.retryAfter] = "60"
        } catch let error as RegistryError {
            answer = NeutronError(error).answer
        } catch {
            operations.counters.noteFailure("\(error)", of: call.requestID)
            answer =
                isVPC
                ? VPCError.internalFailure.answer(trace: call.requestID) : NeutronError.internalFailure.answer
        }
        answer.headers[.requestID] = call.requestID
        answer.headers[.cacheControl] = "no-store"
        operations.counters.note(answer.status.code)
        return answer
    }

    private func route(_ call: Call) async throws -> Answer {
        switch call.path.first {
        case "identity" where call.path == ["identity", "token"]: try await iam.answer(call)
        case "identity": try await identity.answer(call.dropping(1))
        case "networking": try await neutron.answer(call.dropping(1))
        case "v1": try await vpc.answer(call.dropping(1))
        case "api": try await native.answer(call.dropping(1))
        case "health", "ready", "metrics": try await operations.answer(call)
        case nil: Answer(.ok, Self.index(call))
        default: NeutronError.resourceMissing.answer
        }
    }

    private static func index(_ call: Call) -> JSON {
        .object([
            "service": "gatehouse", "identity": .string("\(call.base)/identity/v3"),
            "networking": .string("\(call.base)/networking/v2.0"), "vpc": .string("\(call.base)/v1"),
            "api": .string("\(call.base)/api"),
        ])
    }
}
