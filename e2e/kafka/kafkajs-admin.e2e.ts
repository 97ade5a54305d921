import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs'
import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'

test('kafkajs administers topics, records, offsets, groups and partitions; ACLs answer that security is off', async () => {
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
  const admin = kafka.admin()
  await admin.connect()
  const topic = 'administered'

  const { brokers, controller, clusterId } = await admin.describeCluster()
  expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([broker.address])
  expect([controller, typeof clusterId]).toEqual([1, 'string'])

  expect(await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })).toBe(true)
  expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false)
  await expect(admin.createTopics({ topics: [{ topic: 'three', replicationFactor: 3 }] })).rejects.toThrow()
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  expect(topics[0]?.partitions.map(({ leader, isr }) => [leader, isr])).toEqual(Array(3).fill([1, [1]]))

  const producer = kafka.producer()
  await producer.connect()
  await producer.send({
    topic,
    messages: Array.from({ length: 10 }, (_, at) => ({ partition: 0, value: `${at}`, timestamp: `${1000 + at}` })),
  })
  await producer.disconnect()
  const byPartition = (offsets: { partition: number; offset: string }[]) =>
    offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset)
  expect(byPartition(await admin.fetchTopicOffsets(topic))).toEqual(['10', '0', '0'])
  expect(byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, 1004))).toEqual(['4', '0', '0'])
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
  expect((await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)?.low).toBe('6')

  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '1234' }] }],
  })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: true,
    resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
  })
  expect(resources[0]?.configEntries).toMatchObject([{ configName: 'retention.ms', configValue: '1234' }])

  await admin.resetOffsets({ groupId: 'g', topic, earliest: true })
  const [committed] = await admin.fetchOffsets({ groupId: 'g', topics: [topic], resolveOffsets: true })
  expect(committed?.partitions.find(({ partition }) => partition === 0)?.offset).toBe('6')
  expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toEqual(['g'])
  expect((await admin.describeGroups(['g'])).groups[0]?.state).toBe('Empty')
  await admin.deleteGroups(['g'])
  await expect(admin.deleteGroups(['g'])).rejects.toMatchObject({ groups: [{ groupId: 'g', errorCode: 69 }] })

  await admin.alterPartitionReassignments({
    topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [1] }] }],
  })
  await expect(
    admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [1, 2] }] }],
    }),
  ).rejects.toThrow()
  expect((await admin.listPartitionReassignments({})).topics).toEqual([])

  const resource = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:a',
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.ALLOW,
  }
  const securityDisabled = { type: 'SECURITY_DISABLED' }
  await expect(admin.createAcls({ acl: [resource] })).rejects.toMatchObject(securityDisabled)
  await expect(admin.describeAcls(resource)).rejects.toMatchObject(securityDisabled)
  await expect(admin.deleteAcls({ filters: [resource] })).rejects.toMatchObject(securityDisabled)

  await admin.deleteTopics({ topics: [topic] })
  expect(await admin.listTopics()).not.toContain(topic)
  await admin.disconnect()
})
