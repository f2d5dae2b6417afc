/// The fields of AWS's VPC flow logs, in the order of their introduction; the first fourteen are the default format.
///
/// From AWS's "Flow log records". Version 6 is of transit gateways, which have logs of their own.
package enum AWSField: String, Hashable, Sendable, CaseIterable {
    case version
    case accountID = "account-id"
    case interfaceID = "interface-id"
    case sourceAddress = "srcaddr"
    case targetAddress = "dstaddr"
    case sourcePort = "srcport"
    case targetPort = "dstport"
    case `protocol`
    case packets
    case bytes
    case start
    case end
    case action
    case logStatus = "log-status"
    case vpcID = "vpc-id"
    case subnetID = "subnet-id"
    case instanceID = "instance-id"
    case tcpFlags = "tcp-flags"
    case type
    case packetSourceAddress = "pkt-srcaddr"
    case packetTargetAddress = "pkt-dstaddr"
    case region
    case zone = "az-id"
    case sublocationType = "sublocation-type"
    case sublocationID = "sublocation-id"
    case packetSourceService = "pkt-src-aws-service"
    case packetTargetService = "pkt-dst-aws-service"
    case flowDirection = "flow-direction"
    case trafficPath = "traffic-path"
    case ecsClusterARN = "ecs-cluster-arn"
    case ecsClusterName = "ecs-cluster-name"
    case ecsContainerInstanceARN = "ecs-container-instance-arn"
    case ecsContainerInstanceID = "ecs-container-instance-id"
    case ecsContainerID = "ecs-container-id"
    case ecsSecondContainerID = "ecs-second-container-id"
    case ecsServiceName = "ecs-service-name"
    case ecsTaskDefinitionARN = "ecs-task-definition-arn"
    case ecsTaskARN = "ecs-task-arn"
    case ecsTaskID = "ecs-task-id"
    case rejectReason = "reject-reason"
    case resourceID = "resource-id"
    case encryptionStatus = "encryption-status"

    /// The version of the format that the field came with: 2–10.
    package var since: Int {
        switch self {
        case .version, .accountID, .interfaceID, .sourceAddress, .targetAddress, .sourcePort, .targetPort, .protocol,
            .packets, .bytes, .start, .end, .action, .logStatus:
            2
        case .vpcID, .subnetID, .instanceID, .tcpFlags, .type, .packetSourceAddress, .packetTargetAddress: 3
        case .region, .zone, .sublocationType, .sublocationID: 4
        case .packetSourceService, .packetTargetService, .flowDirection, .trafficPath: 5
        case .ecsClusterARN, .ecsClusterName, .ecsContainerInstanceARN, .ecsContainerInstanceID, .ecsContainerID,
            .ecsSecondContainerID, .ecsServiceName, .ecsTaskDefinitionARN, .ecsTaskARN, .ecsTaskID:
            7
        case .rejectReason: 8
        case .resourceID: 9
        case .encryptionStatus: 10
        }
    }

    /// The columns of the default format, version 2.
    package static let defaultNames = allCases.filter { $0.since == 2 }.map(\.rawValue)
}
