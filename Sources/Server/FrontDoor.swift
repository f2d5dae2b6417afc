import HTTPTypes
import IdentityAPI
package import Logging
import NativeAPI
import NeutronAPI
import Registry
package import Service
import VPCAPI

/// Leads each call to the API that its path is mounted at.
package struct FrontDoor: Sendable {
    private let apis: [any MountedAPI]
    private let counters: RequestCounters
    private let logger: Logger

    /// * `apis`: all that are mounted; of two that a path leads to, the one with the longer mount is asked.
    package init(_ apis: [any MountedAPI], counters: RequestCounters, logger: Logger) {
        self.apis = apis
        self.counters = counters
        self.logger = logger
    }

    /// The APIs of a control plane, one line each.
    ///
    /// * `dataFolder`: where relative buckets are.
    static func apis(
        registry: Registry, settings: ServerSettings, access: AccessFile, hosts: HostService, dataFolder: String,
        secrets: BucketSecrets, counters: RequestCounters
    ) -> [any MountedAPI] {
        let policy: @Sendable () -> AccessPolicy = { access.policy }
        let authenticator = Authenticator(registry, admitsAnonymous: settings.admitsAnonymous)
        let probe = BucketProbe(dataFolder: dataFolder, registry: registry, secrets: secrets)
        let identity = IdentityService(
            registry: registry, authenticator: authenticator, tokenLifetime: settings.tokenLifetime)
        return [
            identity,
            IAMExchange(registry: registry, authenticator: authenticator, lifetime: settings.tokenLifetime),
            NeutronService(
                registry: registry, authenticator: authenticator, policy: policy, projects: identity.projects),
            VPCService(
                registry: registry, authenticator: authenticator, policy: policy, settings: settings.vpc, probe: probe),
            NativeService(
                registry: registry, authenticator: authenticator, policy: policy, hosts: hosts, probe: probe,
                region: settings.served),
            HealthAPI(), ReadyAPI(registry: registry),
            MetricsAPI(registry: registry, hosts: hosts, counters: counters),
        ]
    }

    /// Answers a call; what goes wrong inside is logged under its id, and answered without saying what.
    package func answer(_ asked: Call) async -> Answer {
        guard let (api, depth) = api(at: asked.path) else {
            let answer = asked.path.isEmpty ? Answer(.ok, Self.index(asked)) : Refusal.nothingHere.answer
            return finished(answer, asked)
        }
        let call = api.adopted(asked)
        do {
            return finished(try await api.answer(call.dropping(depth)), call)
        } catch let refusal as Refusal {
            return finished(api.answer(refusing: refusal, call), call)
        } catch let error as RegistryError {
            return finished(api.answer(refusing: Refusal(error), call), call)
        } catch {
            logger.error("request failed", metadata: ["request": "\(call.requestID)", "reason": "\(error)"])
            counters.noteFailure()
            return finished(api.answer(refusing: .internalFailure, call), call)
        }
    }

    /// What no API was asked about, in the envelope of the one that the path is mounted at.
    func refuse(_ refusal: Refusal, _ asked: Call) -> Answer {
        guard let (api, _) = api(at: asked.path) else { return finished(refusal.answer, asked) }
        let call = api.adopted(asked)
        return finished(api.answer(refusing: refusal, call), call)
    }

    private func finished(_ answer: Answer, _ call: Call) -> Answer {
        var answer = answer
        answer.headers[.requestID] = call.requestID
        answer.headers[.cacheControl] = "no-store"
        if answer.status == .tooManyRequests { answer.headers[.retryAfter] = "60" }
        counters.note(answer.status.code)
        return answer
    }

    private func api(at path: [String]) -> (api: any MountedAPI, depth: Int)? {
        var found: (api: any MountedAPI, depth: Int)?
        for api in apis {
            for mount in api.mounts where path.starts(with: mount) && mount.count > found?.depth ?? 0 {
                found = (api, mount.count)
            }
        }
        return found
    }

    private static func index(_ call: Call) -> JSON {
        .object([
            "service": "gatehouse", "identity": .string("\(call.base)/identity/v3"),
            "networking": .string("\(call.base)/networking/v2.0"), "vpc": .string("\(call.base)/v1"),
            "api": .string("\(call.base)/api"),
        ])
    }
}
