import type { BrokerState } from '#server/broker/broker-state.ts'
import { accounts } from '#server/broker/handlers/accounts.ts'
import { acls } from '#server/broker/handlers/acls.ts'
import { apiVersions } from '#server/broker/handlers/api-versions.ts'
import { cluster } from '#server/broker/handlers/cluster.ts'
import { configsAdmin } from '#server/broker/handlers/configs-admin.ts'
import { describeTopicPartitions } from '#server/broker/handlers/describe-topic-partitions.ts'
import { fetch } from '#server/broker/handlers/fetch.ts'
import { groupMembership } from '#server/broker/handlers/group-membership.ts'
import { groupOffsets } from '#server/broker/handlers/group-offsets.ts'
import { groupsAdmin } from '#server/broker/handlers/groups-admin.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { initProducerId } from '#server/broker/handlers/init-producer-id.ts'
import { listOffsets } from '#server/broker/handlers/list-offsets.ts'
import { metadata } from '#server/broker/handlers/metadata.ts'
import { produce } from '#server/broker/handlers/produce.ts'
import { replicas } from '#server/broker/handlers/replicas.ts'
import { topicsAdmin } from '#server/broker/handlers/topics-admin.ts'
import { transactions } from '#server/broker/handlers/transactions.ts'
import { transactionsAdmin } from '#server/broker/handlers/transactions-admin.ts'

/** Everything the broker serves, and so everything that ApiVersions names. */
export function createHandlers(broker: BrokerState): Handlers {
  const handlers: Handlers = {
    ApiVersions: apiVersions(() => handlers),
    Metadata: metadata(broker),
    DescribeTopicPartitions: describeTopicPartitions(broker),
    Produce: produce(broker),
    Fetch: fetch(broker),
    ListOffsets: listOffsets(broker),
    InitProducerId: initProducerId(broker),
    ...groupMembership(broker),
    ...groupOffsets(broker),
    ...groupsAdmin(broker),
    ...topicsAdmin(broker),
    ...configsAdmin(broker),
    ...cluster(broker),
    ...transactions(broker),
    ...transactionsAdmin(broker),
    ...replicas(broker),
    ...acls,
    ...accounts,
  }
  return handlers
}
